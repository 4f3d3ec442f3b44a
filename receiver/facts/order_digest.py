"""How an order is known again among all that came, whatever was sent of it."""

from __future__ import annotations

from hashlib import sha256


def digest_order(id: str) -> bytes:
    """What tells the order with this id, as the normal form has it, from all others of its
    source.
    """
    return sha256(b"order\n" + id.encode("utf-8", "replace")).digest()
