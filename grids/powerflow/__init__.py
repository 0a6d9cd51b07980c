"""Solving a network: the engine contract and the engines behind it."""
