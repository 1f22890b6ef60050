import pytest

from twin_rbac.role_tags.model import Seeded, TagRules, TwinTags, printable

RULES = TagRules(roles=("Earth", "Fire"), ignore=("sandbox-*", "t?mp"), missing="skip", unlisted="remove")


def test_rules_survive_the_way_through_a_resources_inputs() -> None:
    assert TagRules.from_mapping(RULES.to_mapping()) == RULES


def test_seeded_ids_survive_the_way_through_a_resources_outputs() -> None:
    seeded = Seeded(models=frozenset({"m"}), twins=frozenset({"b", "a"}))

    assert seeded.to_mapping() == {"models": ["m"], "twins": ["a", "b"], "relationships": []}
    assert Seeded.from_mapping(seeded.to_mapping()) == seeded
    assert Seeded.from_mapping({}) == Seeded()


@pytest.mark.parametrize(
    ("twin_id", "ignored"),
    [
        ("sandbox-1", True),
        ("sandbox-", True),
        ("Sandbox-1", False),
        ("my-sandbox-1", False),
        ("temp", True),
        ("tmp", False),
        ("sandbox", False),
        ("sandbox-\nx", True),
    ],
)
def test_patterns_know_two_wildcards_and_case_counts(*, twin_id: str, ignored: bool) -> None:
    assert RULES.ignores(twin_id) is ignored


def test_what_a_pattern_says_else_is_meant_as_it_stands() -> None:
    rules = TagRules(roles=(), ignore=("a[b]", "a.c"))

    assert rules.ignores("a[b]")
    assert not rules.ignores("ab")
    assert not rules.ignores("abc")


@pytest.mark.parametrize(
    ("tags", "role"),
    [
        (None, None),
        ({}, None),
        ({"floor": "1"}, None),
        ({"role": "Earth", "floor": "1"}, "Earth"),
        ({"role": "anything"}, "anything"),
        ({"role": ""}, ""),
        # A model with marker tags holds booleans: fact sheet adt-models-and-tags, section 1.
        ({"role": True}, "true"),
    ],
)
def test_a_twins_role_is_what_its_tag_says(tags: dict[str, object] | None, role: str | None) -> None:
    assert RULES.role_of(TwinTags(twin_id="A", etag="e", tags=tags)) == role


def test_what_somebody_wrote_begins_no_line_and_sets_no_colour_on_a_screen() -> None:
    assert printable("Ear\n::warning::x \x1b[31mred\u202e Türme") == "Ear\\n::warning::x \\x1b[31mred\\u202e Türme"
