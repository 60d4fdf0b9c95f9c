"""What the caption metrics share: texts, tokens, n-grams, Java programs."""
