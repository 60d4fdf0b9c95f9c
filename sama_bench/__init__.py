"""The evaluation toolkit for referring and grounded video understanding."""
