"""From values of samples to rows: options, coverage, captions, published counts."""
