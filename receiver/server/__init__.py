"""The HTTP server: the application, its endpoints, the limits of clients, and worker processes.

Only the command line starts it; everything else of HTTP is in `receiver.http`.
"""
