"""No expression can freeze or exhaust the gateway, whatever the payload."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = 5  # of computing; each takes less than one on a machine that is not slow
LOOP = "{% for a in raw.list %}{% set x = …… %}{% endfor %}"
DOUBLED = "{% set x = …… %}" + "{% set x = ++ %}" * 40 + "{{ x | length }}"
SIXTEEN = "{% set x = (1,) %}" + "{% set x = (x, x) %}" * 16


def doubled(start: str, step: str) -> str:
    return DOUBLED.replace("……", start).replace("++", step)


ATTACKS = [
    "{% for a in raw.list %}{% for b in raw.list %}{% for c in raw.list %}{% endfor %}{% endfor %}{% endfor %}",
    "{% for a in raw.list %}{% for b in raw.words | map('upper') %}{% endfor %}{% endfor %}",
    "{% for a in raw.list %}{% for b in raw.words if b in raw.words %}{% endfor %}{% endfor %}",
    "{% for a in raw.list %}{% for b in raw.text %}{% endfor %}{% endfor %}",
    "{% for a in raw.list %}" + "{{ raw.a.b.c | default('') }}" * 500 + "{% endfor %}",
    *(
        LOOP.replace("……", inside)
        for inside in (
            "raw.list | sum",
            "raw.list | sort",
            "raw.list[:]",
            "raw.list | last",
            "raw.lists == raw.lists[0:99]",
            "raw.lists | max",
            "raw.text | upper",
            "raw.text.upper()",
            "raw.text[1:]",
            "raw.text.split()",
            "raw.text in raw.text",
            "raw.words is upper",
            "raw.words | select('in', raw.words) | list",
            "raw.table.keys() - raw.table.keys()",
            "[raw.list, raw.list]",
            "[1] * 99999",
            "'x' * 99999",
            "raw.ligature | slug",
        )
    ),
    *(
        SIXTEEN + LOOP.replace("x =", "y =").replace("……", inside)
        for inside in ("x == x", "raw.table.get(x)", "[x] | unique | list", "{x: 1}")
    ),
    doubled("'ab'", "x ~ x"),
    doubled("'ab'", "x + x"),
    doubled("'ab'", "[x, x] | join"),
    doubled("[1]", "x + x"),
    doubled("(1,)", "(x, x)"),
    "{% set x = order.total %}" + "{% set x = x * x %}" * 20 + "a {{ x }}",
    "{% set x = order.total %}" + "{% set x = x * x %}" * 20 + "{{ x | int }}",
    "{{ " + " * ".join(["9" * 300] * 9) + " }}",
    "{{ raw.text | replace('', raw.text) | length }}",
    "{{ raw.text.replace('a', raw.text) | length }}",
    "{{ raw.words | map('replace', '', raw.text) | list | length }}",
    "{{ raw.list | join(raw.text) }}",
    "{{ raw.list | join('x' * 99999) | length }}",
    "{{ raw.lists | sum(start=[]) | length }}",
    "{{ raw.same.rpartition('ab' ~ raw.same[0:150000]) | length }}",
    "{{ raw.same.rsplit('ab' ~ raw.same[0:150000]) | length }}",
    "{{ raw.same.strip(raw.text) }}",
    "{{ raw.text | list | list | list | list | list | list | list | list | length }}",
    "{{ raw.rows | map(attribute='a.' * 30000) | list | length }}",
    "{{ raw.rows | sort(attribute='a,' * 30000) | length }}",
    "{{ raw.format is odd }}",
    "{{ raw.format is divisibleby(5) }}",
    "{{ [raw.format] | select('even') | list | length }}",
    "{{ raw.format % 5 }}",
    "{{ 5 | round(-1000000000) }}",
    "{{ 5 | round(1000000000, 'ceil') }}",
    "{{ event.received_at.strftime('%Y' * 30000) }}",
    "{{ event.received_at | date('%Y' * 30000) }}",
    "{{ ('f' * 90000) | int(base=16) }}",
    "{{ raw.text.zfill(1000000000) }}",
    "{{ raw.text.ljust(1000000000) }}",
    "{{ raw.text | wordwrap(1) }}",
    "{{ raw.text | indent(1000000000) }}",
    "{{ raw.list | groupby('x') }}",
    "{{ raw.list | batch(2) | list }}",
    "{{ namespace(a=1) }}",
    "{{ range(1000000000) | list }}",
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
]

HARMLESS = [
    "{{ raw.text | title | length }}",
    "{{ raw.text | list | length }}",
    "{{ raw.wide | list | length }}",
    "{{ raw.ligature | slug | length }}",
    "{{ raw.text | max }}",
    "{{ raw.words | sort | join(',') | length }}",
    "{{ raw.rows | sort(attribute='a.b', reverse=true) | map(attribute='a.b') | first }}",
    "{{ raw.rows | sum(attribute='a.b') }}",
    "{{ raw.lists | map('sum') | sum }}",
    "{% for row in raw.rows %}{% if row.a.b > 9998 and loop.last %}{{ row.a.b }} of {{ loop.length }}{% endif %}{% endfor %}",
]


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to its memory")


@pytest.fixture(scope="module")
def outcomes() -> dict[str, tuple[str, str, float]]:
    """What came of every expression, in a process of its own."""
    expressions = ATTACKS + HARMLESS
    command = [sys.executable, "-m", "tests.mapping.exhausting"]
    ended = subprocess.run(command, input=json.dumps(expressions), capture_output=True, text=True, cwd=ROOT, timeout=300, check=False)
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert len(lines) == len(expressions), f"it ended at {expressions[len(lines)]}: {ended.stderr[-500:]}"
    return dict(zip(expressions, lines, strict=True))


@pytest.mark.parametrize("expression", ATTACKS)
def test_what_would_exhaust_the_gateway_is_a_fault(outcomes: dict[str, tuple[str, str, float]], expression: str) -> None:
    """It is refused beforehand, or ends soon, in little memory, as a fault with its place."""
    what, words, seconds = outcomes[expression]
    assert what in ("refused", "fault"), words
    assert "upsert[0].fields.x: " in words
    assert "MemoryError" not in words
    assert seconds < SECONDS


@pytest.mark.parametrize("expression", HARMLESS)
def test_what_goes_through_a_large_payload_once_is_allowed(outcomes: dict[str, tuple[str, str, float]], expression: str) -> None:
    """Ten thousand items, or a megabyte of text, are no trouble."""
    what, words, _ = outcomes[expression]
    assert what == "written", words
