"""Routes: what the configuration says of them, and the routes at work that turn events into
records.
"""
