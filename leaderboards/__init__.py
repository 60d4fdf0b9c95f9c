"""Published results, accepted entries and rendered tables."""
