"""Three gateways on one database while everything around them breaks.

Run `make chaos`, or as tests do: see `run`.
"""
