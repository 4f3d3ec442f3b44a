"""The documentation is whole, and what it says is so."""
