"""Metrics for which a language model is asked."""
