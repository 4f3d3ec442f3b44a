"""How this HubSpot behaves: an account's limits, and what is not known of the real one, one way or
the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(slots=True)
class Options:
    burst: int = 190  # calls in any `interval` seconds
    interval: float = 10.0
    daily: int = 650_000
    latency: float = 0.0  # seconds that every call takes
    row_latency: float = 0.0  # and each of its records
    # seconds that a stalled call takes unless it says; longer than a client waits
    stall: float = 40.0
    rate_headers: bool = True
    retry_after: bool = False  # whether a 429 names a time
    echo_trace: bool = True  # whether results carry objectWriteTraceId; errors always do
    echo_error_trace: bool = True
    breaks_at: str = ""  # a call that holds this text answers 500, whatever else is in it
    # what a clash on a unique property costs, in spite of trace ids
    unique_clash: Literal["batch", "record"] = "batch"
    # what a broken rule of the admin costs, in spite of trace ids
    rule_faults: Literal["record", "batch"] = "record"
    # what an id that is not there costs an update
    missing_ids: Literal["record", "batch"] = "record"
    erasure_blocks: bool = True  # whether an address that was erased may not be created again
    pipeline_rules: bool = True  # whether the account lets the token read its pipelines' rules
    # whether an upsert by a secondary address finds its contact
    secondary: Literal["match", "conflict"] = "match"
    both_directions: bool = True  # whether an association is named in both directions
    association_faults: Literal["record", "batch"] = "record"
    # whether the stage property lists its options; HubSpot keeps them with the pipelines
    stage_options: bool = False
    currency_options: bool = True
    urls: bool = True  # whether results carry a record's address
    seed: int = 0  # of the order of results and of random faults
