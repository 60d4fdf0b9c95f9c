"""Small golden files of the reference code, so that an installation can test itself."""
