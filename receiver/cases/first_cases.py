"""A first case for each event: AOM's own sample, and what the mapping in force makes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random

from receiver.aom import EVENTS, LABELS, SourceContext, read_sample
from receiver.aom.simulated_school import SimulatedSchool
from receiver.cases.case_file import Case
from receiver.cases.case_settings import RECEIVED_AT
from receiver.cases.case_writer import NewCase, case_text
from receiver.cases.runner import CaseResult, run_case
from receiver.mapping import RouteTable

_HEAD = f"""\
# What must come of a call: `aom-gateway test` runs these cases, without a network and a CRM.
# The calls are AOM's own samples, and made up where AOM publishes none. A call comes in at
# {RECEIVED_AT.isoformat()} unless its case says `received_at`.
# Change the mapping and see what changes here; `aom-gateway test --update` takes it as right.

"""

_PLACED = "order.placed"


def first_cases(site: SourceContext, routes: RouteTable) -> str:
    """A file with one case for each event, that passes as it is written."""
    new = [
        NewCase(LABELS[event], event, None, RECEIVED_AT, body) for event, body in sample_bodies()
    ]
    texts = [case_text(one, run_new_case(one, site, routes).written) for one in new]
    return _HEAD + "\n".join([*texts, _unknown_status(site, routes)])


def _unknown_status(site: SourceContext, routes: RouteTable) -> str:
    """An order of which nobody can say whether it is paid: what is won is only what is known."""
    order = json.loads(read_sample(_PLACED) or b"{}")
    body = json.dumps({**order, "status": "ON REVIEW"}, indent=2, ensure_ascii=False)
    name = f"{LABELS[_PLACED]}, with a status that nobody knows"
    new = NewCase(name, _PLACED, None, RECEIVED_AT, body)
    return case_text(new, run_new_case(new, site, routes).written)


def run_new_case(new: NewCase, site: SourceContext, routes: RouteTable) -> CaseResult:
    """What comes of a case that is not written yet."""
    case = Case(
        file=Path(),
        index=0,
        name=new.name,
        event=new.event,
        source=site.name,
        body=new.body.encode("utf-8", "surrogatepass"),
        received_at=new.received_at,
        only=False,
        expect=(),
    )
    return run_case(case, {site.name: site}, routes)


def sample_bodies() -> Iterator[tuple[str, str]]:
    """Each event with a body, in the order of the menu: AOM's sample where there is one, else a
    simulated school's call.
    """
    made_up = dict(_simulated())
    for event in EVENTS:
        yield event, _indented(sample) if (sample := read_sample(event)) else made_up[event]


def _indented(body: bytes) -> str:
    return json.dumps(json.loads(body), indent=2, ensure_ascii=False)


def _simulated() -> Iterator[tuple[str, str]]:
    school = SimulatedSchool(Random(1), learners=1, at=_OPENED)  # noqa: S311 - no secret
    for event, payload in school.tour():
        yield event, json.dumps(payload, indent=2, ensure_ascii=False)


_OPENED = datetime(2020, 8, 11, 14)  # noqa: DTZ001 - AOM's dates have no zone
