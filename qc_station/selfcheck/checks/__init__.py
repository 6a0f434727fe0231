"""A group of checks a file."""
