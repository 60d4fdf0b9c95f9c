"""Scoring answers against references, merging shards, and the result as data."""
