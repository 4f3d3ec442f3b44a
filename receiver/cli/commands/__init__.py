"""The commands, one module for each, or for a few that belong together.

Importing one adds it to `app`.
"""
