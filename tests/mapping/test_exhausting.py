"""No expression can freeze or exhaust the gateway, whatever the payload."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = 10  # of computing; the worst takes one on a machine that is not slow
LOOP = "{% for a in raw.list %}{% set x = …… %}{% endfor %}"
DOUBLED = "{% set x = …… %}" + "{% set x = ++ %}" * 40 + "{{ x | length }}"
SIXTEEN = "{% set x = (1,) %}" + "{% set x = (x, x) %}" * 16


def doubled(start: str, step: str) -> str:
    return DOUBLED.replace("……", start).replace("++", step)


ATTACKS = [
    (
        "{% for a in raw.list %}{% for b in raw.list %}{% for c in raw.list %}{% endfor %}{% "
        "endfor %}{% endfor %}"
    ),
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
    "{{ raw.ligature | slug | length }}",
    # one list held against another, which is quadratic
    "{{ raw.words | select('in', raw.words) | list | length }}",
    "{{ raw.words | reject('in', raw.list) | list | length }}",
    "{{ raw.rows | selectattr('a.b', 'in', raw.list) | list | length }}",
    "{{ raw.rows | selectattr('a', 'in', raw.rows) | list | length }}",
    "{{ raw.words | select('in', raw.text) | list | length }}",
    "{{ raw.text | select('in', raw.text) | list | length }}",
    "{{ raw.lists | select('in', raw.lists) | list | length }}",
    "{{ raw.lists | map('map', 'string') | list | length }}",
    "{{ raw.lists | map('select', 'in', raw.list) | list | length }}",
    "{{ raw.lists" + " | map('sort') | map('reverse') | map('list')" * 10 + " | list | length }}",
    "{{ raw.lists" + " | map('unique') | map('list')" * 10 + " | map('sum') | sum }}",
    "{{ raw.text" + " | sort" * 10 + " | length }}",
    "{{ raw.rows" + " | sort(attribute='a.b') | reverse" * 60 + " | list | length }}",
    # texts that grow, or that are looked for in texts
    "{{ raw.words | map('replace', 'w', 'x' * 90000) | join | length }}",
    "{{ raw.words | map('replace', 'w', 'x' * 9000) | list | length }}",
    "{{ raw.words | map('trim', raw.text) | list | length }}",
    "{{ raw.words | map('truncate', 3, true, raw.text, 0) | list | length }}",
    "{{ raw.same | trim('b' * 90000) | length }}",
    "{{ raw.words | map('slug') | map('replace', 'w', raw.words | join) | list | length }}",
    "{{ " + " ~ ".join(["raw.text"] * 50) + " }}",
    "{{ " + " + ".join(["'x' * 9999"] * 50) + " }}",
    "{{ raw.text * 5 }}",
    "{{ raw.text | replace('a', 'aa') | replace('a', 'aa') | replace('a', 'aa') }}",
    "{{ '%s' % raw.text }}",
    # numbers
    "{{ raw.number * raw.number }}",
    "{{ raw.number % 7 }}",
    "{{ raw.number is even }}",
    "{{ raw.number | round(3) }}",
    "{{ " + " * ".join(["10.5"] * 900) + " }}",
    "{{ raw.list | sum ** 99999 }}",
    # depth
    "{{ " + "-" * 5_000 + "1 }}",
    "{{ " + "[" * 2_000 + "]" * 2_000 + " }}",
    "{{ raw" + ".a" * 20_000 + " + 1 }}",
    # the same for each of a thousand records
    "{{ raw.words | select('eq', item) | list | length }}",
    "{{ raw.text | title | truncate(item + 10) }}",
    "{{ raw.text.upper() | length + item }}",
    "{{ raw.text.split() | length + item }}",
    "{{ 'x' if item in raw.list else 'y' }}",
    "{{ 'x' if raw.lists == raw.lists[0:99] else item }}",
    "{{ 'x' if 'abc' in raw.text else item }}",
    "{{ 'x' * 90000 ~ item }}",
    "{{ raw.longs | sort | first | length + item }}",
    "{{ raw.longs | unique | list | length + item }}",
    "{{ raw.longs | map('upper') | max | length + item }}",
    "{{ 'x' if raw.longs == raw.longs[0:20] else item }}",
    "{{ raw.rows | map(attribute='a.b.c.d.e.f.g') | list | length }}",
    "{{ raw.rows | sort(attribute='a.b') | map(attribute='a.b') | first + item }}",
]

HARMLESS = [
    "{{ raw.text | title | length }}",
    "{{ raw.text | list | length }}",
    "{{ raw.wide | list | length }}",
    "{{ raw.text | max }}",
    "{{ raw.words | sort | join(',') | length }}",
    "{{ raw.rows | sort(attribute='a.b', reverse=true) | map(attribute='a.b') | first }}",
    "{{ raw.rows | sum(attribute='a.b') }}",
    "{{ raw.lists | map('sum') | sum }}",
    "{{ raw.rows | selectattr('a.b', 'gt', 9997) | map(attribute='a.b') | join(' and ') }}",
    "{{ raw.text | replace('', raw.text) | length }}",
    "{{ raw.text.upper() | length }}",
    "{{ raw.words | select('in', ['w5', 'w6']) | join(',') }}",
    "{{ raw.tags | striptags | default('nothing') }}",
    "{{ raw.brackets | title | length }}",
    "{{ raw.same.rpartition('ab' ~ raw.same[0:900]) | length }}",
    "{{ raw.deep == raw.deep }}",
    "{{ raw.table.keys() | list | length }}",
    "{{ 'yes' if item in raw.thousand[0:500] else 'no' }}",
    "{{ raw.thousand[0:500] | select('eq', item) | list | length }}",
]


pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux holds a process to its memory"
)


@pytest.fixture(scope="module")
def outcomes() -> dict[str, tuple[str, str, float]]:
    """What came of every expression, in a process of its own."""
    expressions = ATTACKS + HARMLESS
    command = [sys.executable, "-m", "tests.mapping.exhausting"]
    ended = subprocess.run(
        command,
        input=json.dumps(expressions),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
        check=False,
    )
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert len(lines) == len(expressions), (
        f"it ended at {expressions[len(lines)]}: {ended.stderr[-500:]}"
    )
    return dict(zip(expressions, lines, strict=True))


@pytest.mark.parametrize("expression", ATTACKS)
def test_what_would_exhaust_the_gateway_is_a_fault(
    outcomes: dict[str, tuple[str, str, float]], expression: str
) -> None:
    """It is refused beforehand, or ends soon, in little memory, as a fault with its place."""
    what, words, seconds = outcomes[expression]
    assert what in ("refused", "fault"), words
    assert "upsert[0].fields.x: " in words
    assert "MemoryError" not in words
    assert seconds < SECONDS


@pytest.mark.parametrize("expression", HARMLESS)
def test_what_goes_through_a_large_payload_once_is_allowed(
    outcomes: dict[str, tuple[str, str, float]], expression: str
) -> None:
    """Ten thousand items, or a megabyte of text, are no trouble."""
    what, words, _ = outcomes[expression]
    assert what == "written", words
