"""What AOM sends: names, recognition, schemas, and the normal form that mappings work on.

Knows no store, no HTTP, no settings.
"""

from receiver.aom.body_reader import read_event
from receiver.aom.event import Event
from receiver.aom.event_names import EVENTS, LABELS, MENU
from receiver.aom.json_schema import json_schema
from receiver.aom.normal_form import Person, Profile, names_of_event
from receiver.aom.profile import (
    PROFILED_EVENTS,
    build_profile,
    facts_of_event,
    profile_of_event,
)
from receiver.aom.samples import read_sample
from receiver.aom.source_context import SourceContext
from receiver.aom.validation.errors import BodyError, InvalidBody

__all__ = [
    "EVENTS",
    "LABELS",
    "MENU",
    "PROFILED_EVENTS",
    "BodyError",
    "Event",
    "InvalidBody",
    "Person",
    "Profile",
    "SourceContext",
    "build_profile",
    "facts_of_event",
    "json_schema",
    "names_of_event",
    "profile_of_event",
    "read_event",
    "read_sample",
]
