"""Who is signed in, as the console shows it, and ending it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.console.visitor import Visitor
from tests.e2e.operators import TOKENS, Operators, operated

SESSION = re.compile(r'name="session" value="([0-9a-f]{64})"')


@pytest.fixture(scope="module")
def operators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operators]:
    with operated(tmp_path_factory.mktemp("operators")) as operators:
        yield operators


def signed_in(operators: Operators, who: str) -> Visitor:
    visitor = Visitor(operators.running.url)
    assert visitor.sign_in(TOKENS[who]).status_code == 303
    return visitor


def sessions(visitor: Visitor) -> set[str]:
    return set(SESSION.findall(visitor.get("/console/operators").text))


def test_everybody_sees_who_they_are_and_who_may_what(operators: Operators) -> None:
    """On every page, and all operators on one; no token on either."""
    dana = signed_in(operators, "dana")
    assert "dana</bdi>, viewer" in dana.get("/console/events").text
    page = dana.get("/console/operators").text
    for name in TOKENS:
        assert f"<bdi>{name}</bdi>" in page
    assert not any(token in page for token in TOKENS.values())


def test_an_admin_ends_the_session_of_another(operators: Operators) -> None:
    """Its cookie opens nothing from then on; the audit says whose it was."""
    admin = signed_in(operators, "admin")
    before = sessions(admin)
    dana = signed_in(operators, "dana")
    (own,) = sessions(admin) - before
    assert admin.post("/console/operators/end", {"session": own}).status_code == 303
    assert "A session of dana is ended." in admin.get("/console/operators").text
    assert dana.get("/console").status_code == 303
    newest = operators.get("/api/audit?what=end session")["items"][0]
    assert (newest["who"], newest["about"], newest["result"]) == (
        "admin",
        {"session": own},
        "of dana",
    )


def test_others_see_and_end_their_own_alone(operators: Operators) -> None:
    """Whatever their form says."""
    dana, olaf = signed_in(operators, "dana"), signed_in(operators, "olaf")
    of_dana, of_olaf = sessions(dana), sessions(olaf)
    assert of_dana
    assert not of_dana & of_olaf
    for id in of_dana:
        assert olaf.post("/console/operators/end", {"session": id}).status_code == 404
    assert dana.get("/console").status_code == 200
    for id in sessions(dana):
        dana.post("/console/operators/end", {"session": id})
    assert dana.get("/console").status_code == 303


def test_a_session_survives_a_restart(tmp_path_factory: pytest.TempPathFactory) -> None:
    """And one that was ended does not come back with it."""
    directory = tmp_path_factory.mktemp("restart")
    with operated(directory) as operators:
        dana, olaf = signed_in(operators, "dana"), signed_in(operators, "olaf")
        olaf.get("/console")
        before = dict(olaf.cookies)
        olaf.post("/console/sign-out")
        assert operators.running.terminate() == 0
    with operated(directory) as operators:
        dana.url = operators.running.url
        assert dana.get("/console").status_code == 200
        assert Visitor(operators.running.url, before).get("/console").status_code == 303
