"""The HTTP server: the application and its endpoints, authentication, limits, request bodies,
answers that say what was wrong.
"""
