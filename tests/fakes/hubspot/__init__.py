"""HubSpot as a real HTTP server with an account behind it, as strict as HubSpot is known to be."""

from tests.fakes.hubspot.fake import FakeHubSpot
from tests.fakes.hubspot.faults import RANDOM, Fault
from tests.fakes.hubspot.options import Options

__all__ = ["RANDOM", "FakeHubSpot", "Fault", "Options"]
