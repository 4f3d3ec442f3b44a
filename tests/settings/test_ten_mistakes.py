"""All mistakes of a configuration come in one report."""

from pathlib import Path

from tests.settings.configs import faults_of

TEN = """
[server]
prot = 8080                                                   # 1: unknown key
public_url = "hooks.springfield.edu"                          # 2: no web address

[sources.springfield]
tokens = ["${SPRINGFIELD_TOKEN}"]                             # 3: variable not set
timezone = "America/New_Yrok"                                 # 4: no time zone

[connectors.box]
type = "sandbox"

[connectors.crm]
type = "hubspto"                                              # 5: no such type

[[routes]]
name = "orders"
sources = ["springfeild"]                                     # 6: no such source
events = ["order.*", "order.plced"]                           # 7: no such event
connector = "box"

[[routes.upsert]]
object = "contact"
fields.firstname = "{{ custmer.first_name }}"                 # 8: not part of the event

[[routes.upsert]]
object = "deal"
key = "{{ order.id }}"
links = ["contcat"]                                           # 9: not written by the route
fields.amount = "{{ order.total"                              # 10: no valid expression
"""

EXPECTED = {
    "server.prot": ("is not a known key", "did you mean 'port'?"),
    "server.public_url": ("is no web address", "write one like https://hooks.springfield.edu"),
    "sources.springfield.tokens[0]": (
        "the environment variable SPRINGFIELD_TOKEN is not set",
        "set it",
    ),
    "sources.springfield.timezone": (
        "there is no time zone 'America/New_Yrok'",
        "did you mean 'America/New_York'?",
    ),
    "connectors.crm.type": ("there is no connector type 'hubspto'", ""),
    "routes[0].sources[0]": ("there is no source 'springfeild'", "did you mean 'springfield'?"),
    "routes[0].events[1]": ("there is no event 'order.plced'", "did you mean 'order.placed'?"),
    "routes[0].upsert[0].fields.firstname": (
        "'custmer' is not part of order.placed",
        "did you mean 'customer'?",
    ),
    "routes[0].upsert[1].links[0]": (
        "the route writes no 'contcat' to link to",
        "did you mean 'contact'?",
    ),
    "routes[0].upsert[1].fields.amount": (
        "is no valid expression: unexpected end of template",
        "see Jinja's expressions",
    ),
}


def test_ten_mistakes_are_named_in_one_run(tmp_path: Path) -> None:
    """Each with its place, what is wrong, and the remedy; and nothing else."""
    faults = faults_of(tmp_path, TEN)
    assert sorted(faults) == sorted(EXPECTED)
    for where, (message, remedy) in EXPECTED.items():
        assert faults[where].message.startswith(message)
        assert faults[where].remedy
        assert faults[where].remedy.startswith(remedy)
