"""Uncertainty of scores and of differences between runs: arrays in, arrays out."""
