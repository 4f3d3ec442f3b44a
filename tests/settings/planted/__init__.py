"""Mistakes to plant in a configuration that is good without them."""
