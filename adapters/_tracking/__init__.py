"""Finding and following objects: SAM 2 in either code base, GroundingDINO."""
