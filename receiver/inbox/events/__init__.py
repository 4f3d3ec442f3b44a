"""What happens to an event in the store: accepted, found a duplicate, quarantined, removed,
erased.
"""
