"""Masklets of annotation files: reading, fitting to frames, facts, findings."""
