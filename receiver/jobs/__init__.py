"""What a running gateway does beside accepting and delivering: long jobs, purging, and a cached
status.
"""
