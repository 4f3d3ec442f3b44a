"""A file with two cases that pass, for tests."""

from __future__ import annotations

from pathlib import Path

CASE = """
# what the CRM must hold
[[case]]
name = "paid"
event = "order.placed"
source = "springfield"
file = "order.json"

[[case.expect]]
connector = "sandbox"
object = "deal"
key = "springfield:7"
fields.amount = 12.5
fields.dealstage = "won" # by its status

[[case]]
name = "news"
body = { receivers = [{ email = "a@example.edu" }], announcement_title = "Hi" }
expect = [{ none = true }]
"""
ORDER = """{"id": 7, "status": "COMPLETED", "order_total": 12.5,
"customer": {"email": "Ada@Math.org", "first_name": "Ada", "last_name": "Lovelace"}}"""


def write_tests(directory: Path, text: str = CASE, name: str = "mine.toml") -> Path:
    folder = directory / "tests"
    folder.mkdir(exist_ok=True)
    (folder / "order.json").write_text(ORDER)
    (folder / name).write_text(text)
    return folder / name
