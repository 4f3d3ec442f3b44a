"""Profiles: which events are still to be counted, the facts of those that were, and what these
make known of a person.

Facts are no sums: an order's newest state, a course once for each person, a submission once. So
counting an event again changes nothing, and the order does not matter.
"""
