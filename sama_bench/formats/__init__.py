"""Answer files, ours and those of other code: recognised, read, refused by name."""
