"""Orgs with rules, triggers and people in them, through the real process.

`hubspot.py` and `salesforce.py` are the tables: what an org is like, what comes in, what the
operator reads, the cure, and what then. `stage.py` plays them, all at once. The characters are
those of the fakes (`tests/fakes/*/characters.py`), each with its source; what `check --online` says
of each is in `test_check.py`. What a connector alone decides is proved in
`tests/connectors/*/test_situations.py`.
"""
