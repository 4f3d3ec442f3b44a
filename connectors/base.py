"""What a connector is: the interface, version 1. Read this page, begin with `aom-gateway
new-connector`, run `connectors.testing` against what you make of it.

A connector turns keyed records into calls of one CRM, and the CRM's answers into outcomes. The
gateway owns the rest: order, batches, rate, backoff, dead letters. It promises that a key stands
once in a batch, that one person is never in two batches at once, and that records arrive after the
records that they link to. A record may come again after a crash or a lost answer, so writing it
twice must be harmless. `connectors.http` makes the calls of an HTTP API; a synchronous client runs
on `connectors.threads`.

Announce the class under the entry point group `aom_gateway.connectors`; its name there is the
`type` in the configuration:

    [project.entry-points."aom_gateway.connectors"]
    mycrm = "mycrm:MyConnector"

`Connector` is all that a connector must have. What it can do beyond that, it says by having the
methods of an optional part; the gateway looks for them with `isinstance`:

    Connector           API, Settings, limits, key_fields; open, upsert, check, aclose
    optional
    ├── Links           link: records are tied in calls of their own
    ├── Reads           read: what records hold now, for `overwrite` and `mode` of a mapping
    ├── Grows           grow: makes options of multiple-choice fields, for `grow` of a mapping
    ├── ShipsMappings   shipped_mappings: routes for `mapping = "standard"`, and others beside it
    ├── Identifies      account: which account of the CRM this is
    ├── Provisions      plan, provision: makes what the CRM lacks for a mapping
    ├── Erases          plan_erasure, erase: a person in the CRM
    ├── Browsable       objects, records: lists what the CRM holds
    ├── Searchable      find_record, search_records: finds records among these
    └── Addressable     record_url: where a person sees a record

What `upsert` and `link` return speaks of each record:

    Outcome
    ├── Saved           written
    ├── Retry           not now: a lock, a parent that is not there yet
    └── Refused         never, as it stands: a dead letter

What they raise speaks of the whole call, and its type says what helps:

    ConnectorError
    ├── Throttled       the CRM wants fewer calls: wait, count no attempt
    ├── Unavailable     no usable answer (network, 5xx): back off and repeat
    │   └── TimedOut    no answer in time: smaller calls, once the CRM must be through with it
    ├── AuthFailed      the credentials are refused: pause, raise an alarm, count no attempt
    ├── Misconfigured   set-up is missing in the CRM (a field, a scope): the same
    └── BatchRefused    all refused for some record: split until the record stands alone

Anything else that is raised is treated as Unavailable, and counted as a defect of the connector.

**In the middle of a batch.** Where the CRM writes one record per call, or a batch takes several
calls, one of them may fail after others went well. Then the error is raised with `outcomes`: those
that are through have theirs, and None stands for each that the error speaks of. Those that are
through are settled and not sent again; with the others the gateway does what the error's type
says. So a 429 in the middle is Throttled with the outcomes so far: the connector pauses, the rest
burns no attempt. Make no further call after it, and await those under way. Retry is not for this:
it is said of a record, counts as its attempt, and leaves the connector running into the limit. A
record whose call was refused alone is Refused, and its neighbours go on.
`connectors.http.HttpApi.write_each` and `write_in_parts` do all of that.

**When and from where.** All coroutines run on the gateway's event loop, which serves everything
else too: none may hold it. Only the process that leads a connector delivers; `upsert`, before it
`read` and `grow`, and after it `link`, are called for up to `limits.concurrency` batches at once,
which share no record and no person. `plan_erasure` and `erase` are called by whichever process is
asked. `check`, `plan` and `provision` run in a command beside the gateway, on an instance of their
own with a gate that lets all pass. `open` is called with a running loop, `aclose` when no other
method is; after a change of its settings a connector is closed, and another opened. `record_url`
and `shipped_mappings` are called often, and call nobody.

**Who may raise what.** `upsert`, `link`, `read` and `grow` raise any ConnectorError, but `grow` no
BatchRefused. What `check`, `plan`, `provision`, `plan_erasure` and `erase` raise is shown to who
asked. `open`, `record_url` and `shipped_mappings` raise nothing: what is wrong with a setting, its
validator says. `Browsable.records` and `Searchable.search_records` raise ValueError for a place
that is none.

**Time.** Each call of the CRM ends within `Context.timeout` seconds, or is TimedOut: that is the
connector's to see to. The gateway takes each `take` of the gate, and waiting for it, as a sign of
life. A method that gives none for a minute beyond `Context.timeout` is cancelled and counts as
TimedOut, and so is one that runs for half an hour.

**What may be cached.** In memory, what people change rarely and what a refusal would correct:
fields, options, pipelines, for some minutes (`connectors.ttl_cache`), forgotten after `provision`;
a sign-in until it is refused. Never what records hold, nor which there are: people and other
programs change them, and the gateway remembers ids itself.

**Harmless to repeat.** Written again, with or without its id, a record is the same one: looked up
by its key before it is made, and not only where `doubtful` says that an answer was lost. Linked
again, a pair has one link: where the CRM would make a second one, look first; that it is there
already is Saved. A link to another target leaves those that are there: the gateway does not say to
untie. A record that came back with another id, since people merged it, is linked anew under that
one.

`__all__` is the surface of version 1, whichever module of this package a name lives in. Public
beside it is what `connectors.http`, `connectors.testing`, `connectors.error_rules`,
`connectors.threads` and `connectors.ttl_cache` export. Within a version all of it only grows: by
optional parts, and by fields and parameters with defaults. What would break a connector that keeps
to it makes another version; the former one is spoken for a year beside it, and one that is not
spoken is refused by `connectors.registry`, in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol, Self

from connectors.needs import FieldNeed, FieldType, Needs, ObjectNeed, Plan, Problem, Report, Step
from connectors.optional_parts import (
    Addressable,
    Browsable,
    Entry,
    Erases,
    Found,
    Grows,
    Identifies,
    Links,
    Page,
    Provisions,
    Reads,
    Searchable,
    ShipsMappings,
)
from connectors.outcomes import (
    AuthFailed,
    BatchRefused,
    ConnectorError,
    Misconfigured,
    Outcome,
    Refused,
    RefusedOption,
    Retry,
    Saved,
    Throttled,
    TimedOut,
    Unavailable,
)
from connectors.records import Append, JsonText, Link, Record, Ref, Value
from connectors.settings import CallGate, ConnectorSettings, Context, Limits, RateLimit

__all__ = [
    "API",
    "Addressable",
    "Append",
    "AuthFailed",
    "BatchRefused",
    "Browsable",
    "CallGate",
    "Connector",
    "ConnectorError",
    "ConnectorSettings",
    "Context",
    "Entry",
    "Erases",
    "FieldNeed",
    "FieldType",
    "Found",
    "Grows",
    "Identifies",
    "JsonText",
    "Limits",
    "Link",
    "Links",
    "Misconfigured",
    "Needs",
    "ObjectNeed",
    "Outcome",
    "Page",
    "Plan",
    "Problem",
    "Provisions",
    "RateLimit",
    "Reads",
    "Record",
    "Ref",
    "Refused",
    "RefusedOption",
    "Report",
    "Retry",
    "Saved",
    "Searchable",
    "ShipsMappings",
    "Step",
    "Throttled",
    "TimedOut",
    "Unavailable",
    "Value",
    "read_shipped_mappings",
]

API = 1
"""The version of this interface, the only one that this gateway speaks."""


class Connector(Protocol):
    """One CRM account. All methods but `open` may call the CRM and raise ConnectorError."""

    API: ClassVar[int]
    """The version of the interface that it is written for, as a number: `API = 1`."""
    Settings: ClassVar[type[ConnectorSettings]]
    """What its table in the configuration may hold."""
    limits: Limits
    """How much the CRM takes at once."""
    key_fields: ClassVar[Mapping[str, str]]
    """The field that holds an object's key, unless a mapping says so: `{"contact": "email"}`."""

    @classmethod
    def open(cls, settings: Any, context: Context) -> Self:
        """Make a connector of checked settings (of `cls.Settings`). No call of the CRM yet."""

    async def upsert(self, object: str, records: Sequence[Record]) -> Sequence[Outcome]:
        """Write up to `limits.records` records of one object and one key field.

        Outcomes come in the same order, as many. Where a record has a `former_key`, the one with
        its `id` gets the new key; where another has that already, that one is written.
        """

    async def check(self, needs: Needs) -> Sequence[Problem]:
        """Find what is wrong with credentials, permissions and limits, and what is not taken."""

    async def aclose(self) -> None:
        """Give back threads and connections. Calls under way may finish."""


def read_shipped_mappings(connector: type[Connector]) -> Mapping[str, str]:
    """Give the mappings that a connector ships, as TOML text by name; none where it ships none."""
    return connector.shipped_mappings() if issubclass(connector, ShipsMappings) else {}
