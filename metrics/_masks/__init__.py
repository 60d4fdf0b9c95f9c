"""Pixels of masks counted: kernels, tracks, overlaps, and means over expressions."""
