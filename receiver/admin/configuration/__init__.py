"""The configurations in force, and their reload, for the admin API."""
