"""Runs side by side: which runs, rows of figures and findings, what changed, and in which words."""
