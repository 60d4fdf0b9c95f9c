"""Pure functions from arrays and strings to floats: one family of metrics a file."""
