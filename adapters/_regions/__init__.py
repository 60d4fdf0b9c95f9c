"""Regions as a model wants them: drawn on frames, or as masks and tracks."""
