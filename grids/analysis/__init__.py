"""Extra solves after a run."""
