"""What an event tells of a person, in the form in which it is remembered when the event is gone.

Knows neither what AOM sends nor the store: `aom` reads facts out of events, `inbox` keeps them.
"""

from receiver.facts.order_digest import digest_order
from receiver.facts.person_facts import (
    CourseFact,
    KnownFacts,
    OrderFact,
    PersonFacts,
    SubmissionFact,
    SubmissionKind,
)

__all__ = [
    "CourseFact",
    "KnownFacts",
    "OrderFact",
    "PersonFacts",
    "SubmissionFact",
    "SubmissionKind",
    "digest_order",
]
