"""What a connector is. Read this page, copy `connectors/sandbox`, run `connectors.testing` against the copy.

A connector turns keyed records into calls of one CRM, and the CRM's answers into outcomes. The gateway owns the rest:
order, batches, rate, backoff, dead letters. It promises that a key stands once in a batch, that one person is
never in two batches at once, and that records arrive after the records that they link to. A record may come
again after a crash or a lost answer, so writing it twice must be harmless. A synchronous client runs on `connectors.threads`.

Announce the class under the entry point group `aom_gateway.connectors`; its name there is the `type` in the configuration:

    [project.entry-points."aom_gateway.connectors"]
    mycrm = "mycrm:MyConnector"

What `upsert` and `link` may raise speaks of the whole call; what they return speaks of each record:

    ConnectorError
    ├── Throttled       the CRM wants fewer calls: wait, count no attempt
    ├── Unavailable     no usable answer (network, 5xx): back off and repeat
    │   └── TimedOut    no answer in time: the same, with smaller calls, once the CRM must be through with this one
    ├── AuthFailed      the credentials are refused: pause the connector, raise an alarm, count no attempt
    ├── Misconfigured   set-up is missing in the CRM (a field, a scope): the same
    └── BatchRefused    the CRM refuses the whole batch for some record in it: split it until the record stands alone

Anything else that is raised is treated as Unavailable and counted apart as a defect of the connector.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Protocol, Self, runtime_checkable

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

# --- what goes in ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Append:
    """Options to add to a multiple-choice field, leaving those that are there. Folding unites them in order."""

    values: tuple[str, ...]


Value = str | bool | int | Decimal | date | datetime | Append
"""A field's value keeps its type until the connector writes it. `""` clears a field; a field that is absent is left alone."""


class Ref(NamedTuple):
    """Names one record: `object` is `contact`, `deal` or the CRM's own name; `key` is unique in it."""

    object: str
    key: str


@dataclass(frozen=True, slots=True)
class Record:
    """One keyed write: create the record, or bring these fields of it to these values."""

    object: str
    key: str
    fields: Mapping[str, Value]
    key_field: str | None = None  # None: the connector's own for that object, see `Connector.key_fields`
    links: tuple[Ref, ...] = ()  # for CRMs that link within the write; others leave it to `link`
    id: str | None = None  # the CRM's id, where an earlier write returned one
    doubtful: bool = False  # an earlier attempt got no answer: it may have been written already

    @property
    def ref(self) -> Ref:
        return Ref(self.object, self.key)


@dataclass(frozen=True, slots=True)
class Link:
    """Ties `source` to `target`, e.g. a deal to its contact. Both exist; linking twice must be harmless."""

    source: Ref
    target: Ref
    source_id: str
    target_id: str
    doubtful: bool = False  # as in Record


# --- what comes out --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Saved:
    """Written. `id` is the CRM's, and may differ from the one sent where records were merged there."""

    id: str
    created: bool = False
    notes: tuple[str, ...] = ()  # what was changed on the way, for the operator: a text cut, a currency left out


@dataclass(frozen=True, slots=True)
class Retry:
    """Not now: a lock, a parent that is not there yet. `after` is in seconds, None for the gateway's own backoff.

    `rule` names a rule of the account that refuses every record it concerns, in words that are the same for each of them: a property
    that the account demands and no mapping line gives. What a rule holds back is tried again for as long as the rule stands, and never
    given up; a connector answers it from memory for a while rather than ask the CRM once per record.
    `give_up_after`: it is not waited for longer than so many seconds, where that is less than the gateway's own limit.
    """

    reason: str
    after: float | None = None
    rule: str | None = None
    give_up_after: float | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Never, as it stands: the CRM's own code and words, and the field it names.

    `transaction` says that the code speaks of the whole call (a trigger that threw, a flow, a governor limit): the row may be innocent.
    The gateway sends such rows again in smaller calls, and takes a row for guilty only where it stood alone.
    """

    code: str
    message: str
    field: str | None = None
    transaction: bool = False


Outcome = Saved | Retry | Refused


class ConnectorError(Exception):
    """Speaks of a whole call. The text is shown to the operator: say what happened and what helps; no secrets."""


class Throttled(ConnectorError):
    """The CRM asks for fewer calls. `retry_after` in seconds; `daily` where the day's allowance is used up."""

    def __init__(self, message: str, retry_after: float | None = None, *, daily: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.daily = daily


class Unavailable(ConnectorError):
    """No usable answer. `retry_after` in seconds where the CRM named a time."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TimedOut(Unavailable):
    """No answer in time: the CRM may be writing still. Its rows wait for `Limits.longest_call` before they are sent again."""


class AuthFailed(ConnectorError):
    """The credentials are refused. Say which, and where in the CRM to renew them."""


class Misconfigured(ConnectorError):
    """Something that every record needs is missing in the CRM. Say what, and where to create it."""


class BatchRefused(ConnectorError):
    """The CRM refused all for some; what it said becomes the `Refused` of the record that is found guilty."""

    def __init__(self, code: str, message: str, field: str | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.refusal = Refused(code, message, field)


# --- what the CRM looks like, and what a mapping needs of it ---------------------------------------------------------

FieldType = Literal["string", "number", "boolean", "date", "datetime", "choice", "choices"]


@dataclass(frozen=True, slots=True)
class FieldSchema:
    """One field as the CRM has it. `options` are the values that it accepts, None where any will do."""

    name: str
    type: FieldType
    label: str = ""
    unique: bool = False
    writable: bool = True
    required: bool = False
    max_length: int | None = None
    options: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class ObjectSchema:
    """One object as the CRM has it, or knows by no fixed fields (`open`: it takes any)."""

    name: str
    fields: Mapping[str, FieldSchema]
    open: bool = False


@dataclass(frozen=True, slots=True)
class FieldNeed:
    """What a mapping writes into one field: the type where it is known, and the constants that it can produce."""

    type: FieldType | None = None
    values: frozenset[str] = frozenset()
    places: tuple[str, ...] = ()  # where in the mapping, e.g. "routes[1].upsert[0].fields.amount"


@dataclass(frozen=True, slots=True)
class ObjectNeed:
    object: str
    key_field: str | None
    fields: Mapping[str, FieldNeed]
    links: tuple[str, ...] = ()  # the objects that it is linked to


Needs = Sequence[ObjectNeed]
"""All that the configured routes write through one connector."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that will not work, with its place and its remedy in the CRM's own words ("Settings → …")."""

    where: str
    message: str
    remedy: str = ""
    fatal: bool = True  # False: a warning


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that `provision` would create. `data` is the connector's own."""

    text: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is missing in the CRM, and what stands in the way of creating it."""

    steps: tuple[Step, ...] = ()
    blockers: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What `provision` did, step by step in the plan's order; it stops for nothing but a ConnectorError."""

    done: tuple[str, ...] = ()
    failed: tuple[Problem, ...] = ()


# --- set-up ----------------------------------------------------------------------------------------------------------


class RateLimit(BaseModel):
    """At most `calls` in any `seconds`, over all processes of the gateway."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    calls: Annotated[int, Field(gt=0, le=1_000_000, description="at most so many calls")]
    seconds: Annotated[float, Field(gt=0, le=86_400, description="in so many seconds")]


def _listed(given: object) -> object:
    """One name may stand without brackets."""
    named = (given,) if isinstance(given, str) else given
    if not isinstance(named, list | tuple) or not all(isinstance(one, str) for one in named):
        return named  # for the type to refuse
    return tuple(dict.fromkeys(named))


class ConnectorSettings(BaseModel):
    """What every `[connectors.NAME]` table may hold. A connector subclasses it; field descriptions appear in `check`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Annotated[str, Field(description="the connector's entry point")]
    mapping: Annotated[
        tuple[str, ...],
        BeforeValidator(_listed),
        Field(description='"standard" takes the routes that the connector ships; a list takes several'),
    ] = ()
    rate_limit: Annotated[RateLimit | None, Field(description="at most so many calls in so many seconds")] = None
    batch_size: Annotated[int | None, Field(gt=0, le=10_000, description="most records in a call; unset: what the CRM allows")] = None
    timeout_seconds: Annotated[float, Field(ge=1, le=600, description="how long one writing call may take")] = 30.0

    def files(self, name: str, directory: Path) -> tuple[Path, ...]:  # noqa: ARG002 - most keep none
        """Name the files that a connector of this NAME writes; `directory` is where relative paths start."""
        return ()


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the CRM takes at once."""

    records: int = 100  # per `upsert`
    links: int = 100  # per `link`
    concurrency: int = 4  # batches under way at the same time
    linger: float = 1.0  # seconds that a batch which is not full waits to fill, where one went out just before
    longest_call: float = 60.0  # seconds after which the CRM is through with a call that it was sent, whether it answered or not


class CallGate(Protocol):
    """The gateway's rate limit. It is shared by all processes that serve the same connector."""

    async def take(self, calls: int = 1) -> None:
        """Await it before every call of the CRM; it returns when so many calls are allowed."""

    async def learn(self, limit: RateLimit, remaining: int | None = None) -> None:
        """Tell it what the CRM's answer says of the limit; a configured `rate_limit` below that stays in force."""


@dataclass(frozen=True, slots=True)
class Context:
    """What the gateway gives a connector to work with."""

    name: str  # the connector's name in the configuration
    calls: CallGate
    directory: Path  # relative paths in the settings start here
    timeout: float = 30.0  # seconds that one call of the CRM may take in all: `timeout_seconds` of the settings
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


class Connector(Protocol):
    """One CRM account. All methods but `open`, `standard_mapping` and `record_url` may call the CRM and raise ConnectorError."""

    Settings: ClassVar[type[ConnectorSettings]]
    limits: Limits
    key_fields: ClassVar[Mapping[str, str]]
    """The field that holds the key of an object, where a mapping does not say: `{"contact": "email"}`."""

    @classmethod
    def open(cls, settings: Any, context: Context) -> Self:
        """Make a connector of checked settings (an instance of `cls.Settings`). No call of the CRM yet."""

    @classmethod
    def standard_mapping(cls) -> str:
        """Give the routes for `mapping = "standard"` as TOML text: `[[routes]]` without `connector`."""

    async def upsert(self, object: str, records: Sequence[Record]) -> Sequence[Outcome]:
        """Write up to `limits.records` records of one object and one key field; outcomes in the same order, as many."""

    async def link(self, pairs: Sequence[Link]) -> Sequence[Outcome]:
        """Tie up to `limits.links` pairs; outcomes in the same order, as many. `Saved.id` may be empty."""

    async def describe(self, object: str) -> ObjectSchema | None:
        """Give the object as the account has it, or None where it has none of that name."""

    async def check(self, needs: Needs) -> Sequence[Problem]:
        """Credentials, permissions, limits, and whether the account can take what the mapping writes."""

    async def plan(self, needs: Needs) -> Plan:
        """Say what `provision` would create for these needs. Changes nothing."""

    async def provision(self, plan: Plan) -> Report:
        """Create what `plan` lists. Repeating it is harmless."""

    def record_url(self, object: str, id: str) -> str | None:
        """Where a person sees the record in the CRM, for the console."""

    async def aclose(self) -> None:
        """Give back threads and connections. Calls under way may finish."""


# --- optional --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """One record as the CRM holds it. `fields` are JSON values; `writes` counts how often it was written."""

    id: str
    key: str
    fields: Mapping[str, Any]
    links: tuple[Ref, ...]
    writes: int


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, newest first. `next` is the `before` of the page that follows, None on the last."""

    items: tuple[Entry, ...]
    next: str | None = None


@runtime_checkable
class ShipsMappings(Protocol):
    """A connector that ships mappings beside `standard`, each of which adds to it."""

    @classmethod
    def more_mappings(cls) -> Mapping[str, str]:
        """Give the routes of each by its name, as `standard_mapping` gives them."""


def mapping_names(connector: type[Connector]) -> tuple[str, ...]:
    """Name the mappings that a connector ships."""
    more = connector.more_mappings() if issubclass(connector, ShipsMappings) else {}
    return ("standard", *more)


def shipped_mapping(connector: type[Connector], name: str) -> str:
    """Give one of them as TOML text. Raises LookupError where it ships none of that name."""
    if name == "standard":
        return connector.standard_mapping()
    if issubclass(connector, ShipsMappings):
        return connector.more_mappings()[name]
    raise LookupError(name)


@runtime_checkable
class Browsable(Protocol):
    """A connector that can list what its CRM holds. It asks nothing of the rate limit: people look, the gateway doesn't."""

    async def objects(self) -> Mapping[str, int]:
        """Count the records of each object that has any."""

    async def records(self, object: str, limit: int, before: str | None = None) -> Page:
        """List at most `limit` records of an object. Raises ValueError where `before` is no page's `next`."""


@runtime_checkable
class Erases(Protocol):
    """A connector that can erase a person from its CRM: first a plan that a human reads, then its execution."""

    async def plan_erasure(self, address: str, records: Mapping[Ref, str], needs: Needs) -> Plan:
        """Say what `erase` would delete or empty of the person with this e-mail address. Changes nothing.

        `records` are those of the person that the gateway knows, with the CRM's ids; `needs` says which fields are written,
        and so are the gateway's to empty. What stands in the way, or is left to people, is a blocker of the plan.
        """

    async def erase(self, plan: Plan) -> Report:
        """Carry out what `plan_erasure` listed; repeating it is harmless. The report is kept, so it holds no address and no name."""
