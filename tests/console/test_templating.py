"""What a template shows is text, whatever it holds."""

from __future__ import annotations

from typing import Any

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from receiver.console.templating import environment

HOSTILE = '<b>"x"</b>\u202egnp.exe\x00\n\ud800'


def rendered(template: str, **context: Any) -> str:
    return environment().from_string(template).render(context)


def test_expressions_are_escaped_and_what_cannot_be_seen_is_shown() -> None:
    """Without a filter."""
    assert (
        rendered("{{ x }}", x=HOSTILE)
        == "&lt;b&gt;&#34;x&#34;&lt;/b&gt;\\u202egnp.exe\\u0000\\n\\ud800"
    )
    assert rendered("{{ x }}{{ y }}", x=None, y=Markup("<br>")) == "<br>"


def test_lines_keep_their_breaks() -> None:
    """For <pre>."""
    assert rendered("{{ x | lines }}", x="a\n\tb\u202e<") == "a\n\tb\\u202e&lt;"


def test_exact_values_come_back_as_they_were() -> None:
    """For form fields; only what no page can hold is replaced."""
    assert (
        rendered('<input value="{{ x | exact }}">', x='a"\u202e\n\ud800')
        == '<input value="a&#34;\u202e\n?">'
    )


def test_names_keep_their_direction_to_themselves() -> None:
    """Each is isolated from the text around it."""
    assert rendered("{{ x | bdi }}", x="\u05d0<") == "<bdi>\u05d0&lt;</bdi>"


def test_addresses_hold_anything() -> None:
    """A person's key may be any text."""
    assert (
        rendered("/console/people/{{ x | in_path }}", x="a/b?c#<\ud800@x.edu")
        == "/console/people/a%2Fb%3Fc%23%3C%3F@x.edu"
    )


def test_a_name_that_is_not_there_is_a_defect() -> None:
    """Not an empty place on the page."""
    with pytest.raises(UndefinedError):
        rendered("{{ missing }}")
