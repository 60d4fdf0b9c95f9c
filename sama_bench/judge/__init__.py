"""A language model as judge of texts: client, cache, spending."""
