"""Mistakes in what a route names, and in how its tables are written."""

from __future__ import annotations

from tests.settings.planted.configuration import DEAL, Mistake

ROUTE_MISTAKES = (
    Mistake(
        "single brackets around routes",
        '[[routes]]\nname = "sales"',
        '[routes]\nname = "sales"',
        "config.toml, line 21",
        "",
        ("[routes] is one table, and there are several", "write [[routes]] in double brackets"),
    ),
    Mistake(
        "a connector that is not there",
        'connector = "box"\nwhen',
        'connector = "bax"\nwhen',
        "routes[0].connector",
        '"bax"',
        ("there is no connector 'bax'", "did you mean 'box'?"),
    ),
    Mistake(
        "a source that is not there",
        'sources = ["springfield"]',
        'sources = ["springfeild"]',
        "routes[0].sources[0]",
        "springfeild",
        ("there is no source 'springfeild'", "did you mean 'springfield'?"),
    ),
    Mistake(
        "an event that is none",
        '"order.placed", ',
        '"order.payed", ',
        "routes[0].events[0]",
        "order.payed",
        ("there is no event 'order.payed'", "did you mean 'order.placed'?"),
    ),
    Mistake(
        "a link to what the route does not write",
        'links = ["contact"]',
        'links = ["company"]',
        f"{DEAL}.links[0]",
        "company",
        ("the route writes no 'company' to link to",),
    ),
    Mistake(
        "a deal without a key",
        'key = "{{ source.name }}:{{ order.id }}"\n',
        "",
        f"{DEAL}.key",
        "[[routes.upsert]]",
        ("is missing", 'like key = "{{ order.id }}"'),
    ),
    Mistake(
        "an object without its key field",
        'key_field = "aom_key"\n',
        "",
        "routes[1].upsert[0].key_field",
        "",
        ("is missing", "name the CRM's field that holds the key"),
    ),
    Mistake(
        "a connector twice in a list",
        'events = ["course.enrolled"]\nconnector = "box"',
        'events = ["course.enrolled"]\nconnector = ["box", "box"]',
        "routes[1].connector[1]",
        '"box", "box"',
        ("'box' is listed already", "leave it out, or name the one that is meant"),
        warning=True,
    ),
    Mistake(
        "single brackets around an upsert",
        '[[routes.upsert]]\nobject = "enrollment"',
        '[routes.upsert]\nobject = "enrollment"',
        "routes[1].upsert",
        "[routes.upsert]",
        ("is one table", "write [[routes.upsert]] in double brackets"),
    ),
    Mistake(
        "a snippet twice in a list",
        'fields.course = "{{ course.name }}"\n',
        'use = ["a", "a"]\n\n[snippets.a]\nfields.course = "{{ course.name }}"\n',
        "routes[1].upsert[0].use[1]",
        "use",
        ("'a' is listed already",),
        warning=True,
    ),
    Mistake(
        "two snippets that write one field",
        'fields.course = "{{ course.name }}"\n',
        'use = ["a", "b"]\n\n[snippets.a]\nfields.course = "{{ course.name }}"\n\n'
        '[snippets.b]\nfields.course = "{{ course.id }}"\n',
        "routes[1].upsert[0].use[1]",
        "use",
        (
            "'b' has the field 'course' too, otherwise: that of snippets.a.fields.course counts",
            "write the field in the upsert itself",
        ),
        warning=True,
    ),
    Mistake(
        "two routes of one name",
        'name = "learners"',
        'name = "sales"',
        "routes[1].name",
        'name = "sales"',
        ("'sales' is the name of routes[0] too",),
    ),
)
