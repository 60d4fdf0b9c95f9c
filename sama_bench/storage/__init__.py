"""Files on disk: atomic and append-only writing, files from others, cache folders."""
