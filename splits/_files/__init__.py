"""Where the files of a benchmark lie, and reading those that can hold code."""
