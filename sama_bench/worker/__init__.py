"""What runs inside a model's environment: light, on Python 3.10 and later."""
