"""Orgs with rules, triggers and people in them, through the real process: what lands, what the operator reads, and the cure.

The characters are those of the fakes (`tests/fakes/*/characters.py`, each with its source). What a connector alone decides is proved
against them over sockets, in `tests/connectors/*/test_situations.py`, and so is what `check --online` says of each.
"""
