import pytest
from ruamel.yaml import YAML

from components.permission_scopes import compose_data_actions
from components.role_templates import ROLE_TEMPLATES, compose_permissions
from tests.components.scenario import ROOT

GOLDEN: dict[str, list[str]] = YAML(typ="safe").load(ROOT / "tests" / "cases" / "roles" / "templates.yaml")


def test_the_templates_are_those_of_the_list_and_no_other() -> None:
    assert set(ROLE_TEMPLATES) == set(GOLDEN)


@pytest.mark.parametrize("name", GOLDEN)
def test_a_template_allows_what_its_list_says_and_nothing_else(name: str) -> None:
    found = compose_data_actions(compose_permissions(name))

    assert sorted(found) == sorted(f"Microsoft.DigitalTwins/{action}" for action in GOLDEN[name])


def test_templates_are_composed_into_one_role() -> None:
    assert compose_permissions("twins reader", "twins operator", "query user") == {
        "query": ["action"],
        "twins": ["read", "action"],
    }


def test_an_unknown_template_is_named_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="unknown role template 'twin reader'; there are: models reader, models"):
        compose_permissions("models reader", "twin reader")
