"""What all events so far tell of a person, site by site, as mappings see it."""

from __future__ import annotations

from dataclasses import dataclass

from receiver.aom import Profile, build_profile
from receiver.facts import KnownFacts
from receiver.gateway import Gateway


@dataclass(frozen=True, slots=True)
class KnownProfile:
    """A person's profile at one site, whose currency its money is of."""

    source: str
    currency: str
    profile: Profile


async def find_profiles(gateway: Gateway, person_key: str) -> list[KnownProfile]:
    """Of the sites at which anything was counted of the person; none where no mapping counts."""
    sites = gateway.sites
    known = await gateway.inbox.find_known_facts({(source, person_key) for source in sites})
    return [
        KnownProfile(source, sites[source].currency, build_profile(facts, sites[source]))
        for (source, _), facts in sorted(known.items())
        if facts != KnownFacts()
    ]
