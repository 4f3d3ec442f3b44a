"""The name that was probably meant."""

from receiver.config_errors import nearest_name, suggest_name


def test_a_slip_finds_its_name() -> None:
    """A letter too few, or another case, still finds the name; something else finds none."""
    assert nearest_name("custmer", ["customer", "course"]) == "customer"
    assert nearest_name("PORT", ["host", "port"]) == "port"
    assert nearest_name("zebra", ["host", "port"]) is None


def test_where_nothing_comes_near_the_names_are_listed() -> None:
    """The remedy names the nearest, else some of those that there are."""
    assert suggest_name("prot", ["host", "port"]) == "did you mean 'port'?"
    assert suggest_name("zebra", ["host", "port"], "keys") == "keys: host, port"
    assert suggest_name("zebra", []) == "known: none"
    assert suggest_name("zebra", [f"name{number}" for number in range(30)]).endswith("name11, …")
