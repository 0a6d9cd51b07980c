"""The scenario file: one file a top-level key; loading with line numbers; cross-checks."""
