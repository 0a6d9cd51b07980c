"""The page and the console summary."""
