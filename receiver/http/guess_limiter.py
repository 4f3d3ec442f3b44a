"""How often somebody may guess an operator's token: a few times at once, then ever more slowly."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

FREE = 5  # wrong guesses in a row that cost nothing but the guess
# between two guesses; more would let a guesser lock out whoever shares the address
SLOWEST = timedelta(minutes=1)
FORGOTTEN = timedelta(hours=1)
REMEMBERED = 10_000  # addresses
OF_ALL, WITHIN = 100, timedelta(minutes=10)  # wrong guesses from all addresses together


@dataclass(slots=True)
class _Guesser:
    wrong: int
    last: datetime


class GuessLimiter:
    """Slows the guessing of operators' tokens at this process.

    `wait` says whether one more may be made; each wrong one has to be told to `failed`.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._guessers: OrderedDict[str, _Guesser] = OrderedDict()
        self._all: deque[datetime] = deque(maxlen=OF_ALL)

    def wait(self, address: str) -> int:
        """Seconds until the next guess from the address is looked at; 0 where it may be made
        now.
        """
        now = self._now()
        open_again = max(self._address_opens(_network(address)) or now, self._all_open() or now)
        return ceil(max(0.0, (open_again - now).total_seconds()))

    def failed(self, address: str) -> int:
        """One more wrong guess. Returns how many came from the address."""
        now, network = self._now(), _network(address)
        known = self._guessers.pop(network, None)
        wrong = known.wrong + 1 if known and now - known.last < FORGOTTEN else 1
        self._guessers[network] = _Guesser(wrong, now)
        self._all.append(now)
        if len(self._guessers) > REMEMBERED:
            self._guessers.popitem(last=False)
        return wrong

    def succeeded(self, address: str) -> None:
        """Whoever knows the token is no guesser."""
        self._guessers.pop(_network(address), None)

    def _address_opens(self, network: str) -> datetime | None:
        known = self._guessers.get(network)
        if known is None or known.wrong < FREE:
            return None
        return known.last + min(SLOWEST, timedelta(seconds=2 ** min(known.wrong - FREE, 10)))

    def _all_open(self) -> datetime | None:
        return self._all[0] + WITHIN if len(self._all) == OF_ALL else None


def _network(address: str) -> str:
    """Whoever has an IPv6 address has billions of them."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
