"""What AOM sends: names, recognition, schemas, and the normal form that mappings work on. Knows no store, no HTTP, no settings."""

from receiver.aom.description import json_schema
from receiver.aom.event import Event
from receiver.aom.faults import Fault, Invalid
from receiver.aom.forms import Person, names
from receiver.aom.names import EVENTS, LABELS, MENU
from receiver.aom.read import read
from receiver.aom.samples import sample
from receiver.aom.site import Site

__all__ = ["EVENTS", "LABELS", "MENU", "Event", "Fault", "Invalid", "Person", "Site", "json_schema", "names", "read", "sample"]
