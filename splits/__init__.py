"""Benchmarks: where their files lie, what they ask, how their scores are put together."""
