"""From the bytes of a call to a payload of a known schema, with all that is wrong with it."""
