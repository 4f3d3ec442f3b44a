"""Commands for the store as a whole."""
