"""Environments of models whose requirements contradict each other: files, making, interpreters."""
