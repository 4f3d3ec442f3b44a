"""What a body holds that its event's schema does not know, or not so: AOM changes its payloads
without a word, and the operator should see it. One pass over the body finds the unknown keys, and
tells whether all else is surely as it should be.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from receiver.aom.validation.errors import LONGEST, printable_text
from receiver.aom.validation.known_keys import MOST_OBJECTS, KnownKeys, known_keys
from receiver.aom.validation.quick_check import people_of_plain
from receiver.aom.values import email_address

MOST = 20  # paths of one event
MORE = "…"  # stands for those beyond


@dataclass(slots=True)
class DriftSurvey:
    """What a pass over a body finds.

    `sure`: all that is known is surely readable, and what is needed is there.
    """

    sure: bool = True
    people: list[str] = field(default_factory=list)  # the keys of all whose address is a plain one
    unknown: list[str] = field(default_factory=list)  # paths, unsorted and perhaps repeated
    costly: int = 0  # addresses that are dear to check
    lacking: int = 0  # objects that are none, or lack a key that is needed
    too_long: list[str] = field(default_factory=list)  # paths of lists


def survey_drift(raw: Mapping[str, Any], event: str) -> DriftSurvey:
    """Look over a body, without reading its values."""
    people = people_of_plain(raw, event)
    if people is not None:
        return DriftSurvey(people=people)
    found = DriftSurvey()
    _look_over(raw, known_keys(event), found)
    return found


def shown_paths(paths: list[str]) -> tuple[str, ...]:
    """Sorted, unique, no more and no longer than is good for a list that people read; `…` at its
    end stands for more.
    """
    if not paths:
        return ()
    every = sorted({path[:LONGEST] for path in paths})
    return (*every[:MOST], MORE) if len(every) > MOST else tuple(every)


def _look_over(value: Mapping[str, Any], here: KnownKeys, found: DriftSurvey) -> None:
    looks, nested = here.looks, here.nested
    for key, item in value.items():
        if look := looks.get(key):
            if not look.sure(item):
                found.sure = False
        elif inner := nested.get(key):
            _look_into(item, inner, found, needed=key in here.needed)
        elif key in here.addresses:
            _look_at_address(item, found)
        elif key in here.lists:
            found.sure &= item is None or (
                type(item) is list and not any(isinstance(one, str) and "&" in one for one in item)
            )
        else:
            found.unknown.append(here.path + printable_text(key))
    if here.needed and not here.needed <= value.keys():
        found.sure = False
        found.lacking += 1


def _look_into(item: Any, inner: KnownKeys, found: DriftSurvey, *, needed: bool) -> None:
    if type(item) is dict and not inner.is_list:
        _look_over(item, inner, found)
    elif type(item) is list and inner.is_list:
        if len(item) > MOST_OBJECTS and not inner.addresses:
            found.sure = False
            found.too_long.append(inner.path.removesuffix("[]."))
            return
        for one in item:
            if type(one) is dict:
                _look_over(one, inner, found)
            else:
                found.sure = False
                found.lacking += 1
        found.sure &= bool(item) or not needed
    elif item is not None or needed:
        found.sure = False


def _look_at_address(item: Any, found: DriftSurvey) -> None:
    key = email_address.key_of_plain(item)
    if key is None:
        found.sure = False
        found.costly += email_address.is_costly(item)
    else:
        found.people.append(key)
