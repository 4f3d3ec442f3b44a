"""What processes know of connectors, of each other, and of this installation."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Float, Integer, LargeBinary, Table, Text

from receiver.inbox.db.tables.columns import NAME, metadata

connector_state: Final = Table(
    "connector_state",
    metadata,
    Column("connector", NAME, primary_key=True),
    Column("paused", NAME),  # why: the kind of the pause; NULL while it runs
    Column("reason", Text),
    Column("since", BigInteger),
    Column("until", BigInteger),
    Column("wait", BigInteger),  # how long the pause was meant to be, whatever the clocks say since
    # what an operator should know while it runs: it is slow, a call has no answer
    Column("note", Text),
    # the rate limit's bucket when its leader gave back; NULL while somebody leads
    Column("tokens", Float),
    Column("sizes", Text),  # JSON: how many records of each object the CRM takes in a call
    Column("account", Text),  # of the CRM, that `remote` is of: the type, and its own name
    Column("stopped_at", BigInteger),  # by an operator, see `stop_connector`
    Column("stopped_for", Text),  # the operator's reason
)

leadership: Final = Table(
    "leadership",
    metadata,
    Column("role", NAME, primary_key=True),  # "connector NAME", "alarms"
    Column("holder", NAME),  # who leads, NULL where it was given back
    Column("epoch", BigInteger, nullable=False),  # grows with each that leads
    Column("until", BigInteger),
    Column("calls_end", BigInteger),  # by then every call of the leader's is over
    Column("rival", NAME),  # who leads less and asks for it
)

pulse: Final = Table(
    "pulse",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("padding", LargeBinary),
)

alarm: Final = Table(  # those that hold now
    "alarm",
    metadata,
    Column("key", NAME, primary_key=True),
    Column("about", Text, nullable=False),  # JSON, without personal data
    Column("acknowledged_at", BigInteger),  # by an operator
    Column("snoozed_until", BigInteger),
)

sent_alarm: Final = Table(  # those that were told and are not told to be over
    "sent_alarm",
    metadata,
    Column("channel", NAME, primary_key=True),
    Column("key", NAME, primary_key=True),
    Column("about", Text, nullable=False),  # JSON: what was told, without personal data
    Column("told_at", BigInteger, nullable=False),
)

token_use: Final = Table(
    "token_use",
    metadata,
    Column("source", NAME, primary_key=True),
    Column("token", NAME, primary_key=True),  # a digest by the installation's key
    Column("used_at", BigInteger, nullable=False),  # by any call
    Column("event_at", BigInteger),  # by one whose event was kept
)

process: Final = Table(  # those that work on this store now
    "process",
    metadata,
    Column("name", NAME, primary_key=True),  # host and number
    Column("parent", NAME, nullable=False),  # of its workers, as they name it
    Column("digest", NAME, nullable=False),  # of the configuration in force
    Column("since", BigInteger, nullable=False),  # when that came into force
    Column("seen_at", BigInteger, nullable=False),
    Column("refused_at", BigInteger),  # when it could not take another one over
    Column("faults", Text),  # JSON: why not, [[place, words, remedy], ...]
)

mapping: Final = Table(  # those that were in force lately, by their order
    "mapping",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("since", BigInteger, nullable=False),
    Column("toml", Text, nullable=False),  # without secrets
)

installation: Final = Table(  # one row: what is this installation's own
    "installation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("log_key", LargeBinary, nullable=False),  # by which people are named in the log
)
