"""What is done to foreign text, and to words for people: escaping, addresses, redaction, plurals,
durations.

Nothing here knows of a store, of HTTP or of a CRM, and all of it is linear in the length of the
text.
"""
