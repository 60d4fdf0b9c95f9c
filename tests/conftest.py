"""Settings of all tests."""

from hypothesis import settings

# The first use of a kernel compiles it, and machines are noisy: no example is late.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
