"""How a map of twins stands in a resource's inputs and outputs."""

import base64
import hashlib
import json
import string
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin_rbac.role_tags import digest
from twin_rbac.role_tags.digest import WHOLE, pack, pack_ids, unpack, unpack_ids
from twin_rbac.role_tags.errors import RoleTagsError
from twin_rbac.role_tags.model import TagRules

RULES = TagRules(roles=("Earth", "Fire", "Wind"))
MARKERS = TagRules(roles=("Earth", "Fire", "Wind"), encoding="marker")
TWINS = {"A": "Earth", "1": "Earth", "B": "Fire"}


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Maps of more than two twins are digests."""
    monkeypatch.setattr(digest, "MOST_SHOWN", 2)


def test_a_map_of_ten_thousand_twins_is_itself_and_one_more_makes_it_a_line_for_each_role() -> None:
    twins = {f"room-{number}": "Earth" for number in range(10_000)}

    assert pack(twins, RULES) == twins
    assert set(pack({**twins, "B": "Fire"}, RULES)) == {"Earth", "Fire", WHOLE}


@pytest.mark.usefixtures("few")
def test_a_digest_says_how_many_twins_carry_the_role() -> None:
    packed = pack(TWINS, RULES)

    of_earth = hashlib.sha256(b'["1", "A"]').hexdigest()[:16]
    of_fire = hashlib.sha256(b'["B"]').hexdigest()[:16]
    assert packed["Earth"] == f"2 twins, sha256:{of_earth}"
    assert packed["Fire"] == f"1 twin, sha256:{of_fire}"
    assert "Wind" not in packed
    assert unpack(packed) == TWINS


@pytest.mark.usefixtures("few")
def test_with_markers_a_twin_counts_for_each_of_its_roles() -> None:
    packed = pack({"A": "Earth,Fire", "B": "Fire", "C": "Fire"}, MARKERS)

    assert packed["Earth"].startswith("1 twin, ")
    assert packed["Fire"].startswith("3 twins, ")


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    "other",
    [
        {**TWINS, "A": "Fire"},
        {**TWINS, "C": "Fire"},
        {"A": "Earth", "1": "Earth", "C": "Fire"},
        {**TWINS, "B": "janitor"},
    ],
)
def test_any_twin_that_changes_changes_a_line_that_is_shown(other: dict[str, str]) -> None:
    before, after = pack(TWINS, RULES), pack(other, RULES)

    assert {**before, WHOLE: ""} != {**after, WHOLE: ""}


@pytest.mark.usefixtures("few")
def test_values_that_are_no_role_are_one_line_that_tells_them_apart() -> None:
    one, other = (pack({**TWINS, "B": value}, RULES) for value in ("janitor", "__x"))

    assert one["(no role of the manifest)"].startswith("1 twin, ")
    assert one["(no role of the manifest)"] != other["(no role of the manifest)"]
    assert unpack(other)["B"] == "__x"


@pytest.mark.usefixtures("few")
def test_a_map_that_means_the_same_keeps_its_compressed_text_however_it_was_made() -> None:
    content = json.dumps({"Fire": ["B"], "Earth": ["A", "1"]}).encode()
    elsewhere = {WHOLE: base64.b64encode(zlib.compress(content, 1)).decode()}

    assert pack(TWINS, RULES, before=elsewhere)[WHOLE] == elsewhere[WHOLE]
    assert pack({**TWINS, "C": "Fire"}, RULES, before=elsewhere)[WHOLE] != elsewhere[WHOLE]


def test_an_id_that_pulumi_would_hide_has_another_key() -> None:
    twins = {"__a": "Earth", "\\__a": "Fire", "\\b": "Wind", "_c": "Earth", WHOLE: "Earth"}

    packed = pack(twins, RULES)

    assert packed == {"\\__a": "Earth", "\\\\__a": "Fire", "\\\\b": "Wind", "_c": "Earth", f"\\{WHOLE}": "Earth"}
    assert unpack(packed) == twins


@given(
    twins=st.dictionaries(
        st.text(alphabet=[*string.ascii_letters, "_", "\\", "é", "7"]),
        st.sampled_from(["Earth", "Fire", "janitor", ""]),
        max_size=12,
    ),
    most=st.integers(min_value=0, max_value=12),
)
def test_what_is_packed_is_what_is_unpacked(twins: dict[str, str], most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(digest, "MOST_SHOWN", most)
        packed = pack(twins, RULES)

    assert unpack(packed) == twins


@given(ids=st.sets(st.text(alphabet=[*string.ascii_letters, " ", ":", "%", "é"], min_size=1), max_size=8))
def test_ids_are_what_they_were_however_many_they_are(ids: set[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(digest, "MOST_SHOWN", 3)
        text = pack_ids(ids)
        again = pack_ids(ids, before=text)

    assert unpack_ids(text) == ids
    assert text.startswith("zlib:") == (len(ids) > 3)
    assert again == text


def test_of_nothing_nothing_is_unpacked() -> None:
    assert unpack(None) == {}
    assert unpack_ids(None) == frozenset()


@pytest.mark.parametrize("damaged", ["no base64!", base64.b64encode(b"not zlib").decode(), "eJyrrlUAAWIA2A=="])
def test_a_damaged_map_is_an_error_that_says_what_to_do(damaged: str) -> None:
    with pytest.raises(RoleTagsError, match=r"damaged; import the state from before"):
        unpack({"Earth": "3 twins, sha256:00", WHOLE: damaged})
