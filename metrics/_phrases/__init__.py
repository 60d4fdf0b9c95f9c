"""Encoders that say how similar two phrases are."""
