"""The commands that are about a mapping: its tests, and what a new one would change."""
