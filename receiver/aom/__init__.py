"""What AOM sends: names, recognition, schemas, and the normal form that mappings work on. Knows no store, no HTTP, no settings."""

from receiver.aom.body_reader import read
from receiver.aom.event import Event
from receiver.aom.event_names import EVENTS, LABELS, MENU
from receiver.aom.json_schema import json_schema
from receiver.aom.normal_form import Person, names
from receiver.aom.samples import sample
from receiver.aom.source_context import Site
from receiver.aom.validation.errors import Fault, Invalid

__all__ = ["EVENTS", "LABELS", "MENU", "Event", "Fault", "Invalid", "Person", "Site", "json_schema", "names", "read", "sample"]
