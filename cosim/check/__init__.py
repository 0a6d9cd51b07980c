"""Scenario files as tests: run every variant, judge it, compare it with a baseline."""
