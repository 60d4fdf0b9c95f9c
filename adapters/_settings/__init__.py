"""Settings that a user gives to an adapter with ``--option``."""
