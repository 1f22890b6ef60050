from collections.abc import Mapping
from types import MappingProxyType

from tools.who import Row, make_rows
from twin_rbac.role_tags.manifest import Manifest
from twin_rbac.role_tags.model import TagRules, TwinTags


def manifest(twins: Mapping[str, str]) -> Manifest:
    return Manifest(
        rules=TagRules(roles=("Earth", "Fire", "Wind")), twins=twins, places=MappingProxyType({}), digest=""
    )


def live(**roles: str) -> dict[str, TwinTags]:
    return {
        twin_id.removeprefix("_"): TwinTags(twin_id=twin_id.removeprefix("_"), etag="", tags={"role": role})
        for twin_id, role in roles.items()
    }


def test_each_role_has_a_row_with_numbered_twins_first_in_their_order() -> None:
    existing = live(A="Earth", _10="Earth", _2="Earth", _1="Earth", B="Fire", _3="Fire")
    rows = make_rows(manifest(dict.fromkeys(existing, "Earth")), existing)
    assert [(row.role, row.text) for row in rows] == [
        ("Earth", "1, 2, 10, A"),
        ("Fire", "3, B"),
        ("Wind", "(none)"),
    ]


def test_what_a_twin_carries_counts_and_not_what_the_manifest_says() -> None:
    assert make_rows(manifest({"B": "Earth"}), live(B="Fire"))[1] == Row("Fire", ("B",))


def test_an_unlisted_twin_is_marked_and_a_role_of_nobodys_is_not_shown() -> None:
    rows = make_rows(manifest({"A": "Earth"}), live(A="Earth", X="Earth", Y="Water"))
    assert rows[0].text == "A, X (unlisted)"
    assert all("Y" not in row.text for row in rows)


def test_a_twin_without_tags_is_in_no_row() -> None:
    rows = make_rows(manifest({"A": "Earth"}), {"A": TwinTags(twin_id="A", etag="", tags=None)})
    assert all(row.twins == () for row in rows)
