"""A whole store at once: its backup, its restoring, its move to another database."""
