"""Frames of videos, masklets, and COCO run-length masks."""
