"""The run folder: all that passes between running a model and scoring its answers."""
