"""What a run leaves behind: sinks, figures, the run folder and reading it back."""
