"""How to ask a model: one file, or folder, per model family."""
