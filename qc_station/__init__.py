"""The application: configuration, alignment, the store, learning from labels, verdicts, the command line."""
