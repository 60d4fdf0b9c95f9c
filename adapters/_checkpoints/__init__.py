"""Weights: where they are, whether they are whole, and how a model is built from them."""
