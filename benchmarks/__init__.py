"""How fast the metrics are, next to the public code that computes the same numbers."""
