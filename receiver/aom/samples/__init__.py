"""AOM's own examples, verbatim from its public page on webhooks.

It publishes none for the other events.
"""

from functools import cache
from importlib.resources import files


@cache
def read_sample(event: str) -> bytes | None:
    """AOM's example of the event as it would be posted, None where AOM publishes none."""
    file = files(__name__) / f"{event}.json"
    return file.read_bytes() if file.is_file() else None
