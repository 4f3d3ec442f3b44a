"""Answers that say what was wrong."""

from __future__ import annotations

import json

import pytest

from receiver.http.problem_details import PROBLEMS, defect_response, problem_response


def test_a_problem_is_for_people_and_for_programs() -> None:
    """RFC 9457: the status' own title, a sentence, and whatever a program wants beside them."""
    response = problem_response(429, "Later.", headers={"Retry-After": "10"}, kept=False)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["retry-after"] == "10"
    assert json.loads(bytes(response.body)) == {
        "type": "about:blank",
        "title": "Too Many Requests",
        "status": 429,
        "detail": "Later.",
        "kept": False,
    }


@pytest.mark.parametrize(
    ("status", "page"), [(404, "/problems/404"), (422, "/problems/422"), (202, "/problems/422")]
)
def test_it_links_to_the_page_of_the_problem(status: int, page: str) -> None:
    """RFC 8288; what is not understood is the same problem where a source has it answered 202."""
    assert problem_response(status, "No.").headers["link"] == f'<{page}>; rel="help"'


def test_a_title_of_its_own_counts() -> None:
    """The status stays."""
    body = json.loads(bytes(problem_response(422, "No.", title="This is no event").body))
    assert (body["title"], body["status"]) == ("This is no event", 422)


def test_a_defect_is_a_documented_problem_that_says_nothing_of_itself() -> None:
    """What went wrong is in the log alone."""
    response = defect_response()
    assert response.status_code in PROBLEMS
    assert json.loads(bytes(response.body))["detail"] == "The gateway failed. Its log says where."
