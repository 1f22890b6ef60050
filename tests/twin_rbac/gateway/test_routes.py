from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from ruamel.yaml import YAML

from tests.twin_rbac.gateway.world import EARTH, GRAPH, STRANGER, World, twin
from twin_rbac.gateway.routes import Kind, Route, find_route

CASES: list[dict[str, Any]] = YAML(typ="safe").load(Path(__file__).parents[2] / "cases" / "gateway" / "paths.yaml")
ODD_IDS = [
    "a/b", "a/b/c", "/", "//", "/a", "a/", ".", "..", "../query", "../../models", "a/../B", "%41", "%2541", "%2F", "%",
    "%zz", "a b", "a?b", "a#b", "a;b", "a&b=c", "Türme", "日本", "\u202e", "\U0001f600", "'", '"',
    "relationships", "components", "query", "B?api-version=2020-10-31", "x" * 2048,
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['verb']} {case['path']}")
def test_each_verb_on_each_path_is_answered_as_the_table_says(world: World, case: dict[str, Any]) -> None:
    for caller in (EARTH, STRANGER):
        reply = world.call(case["verb"], case["path"], {}, token=world.entra.token(caller))
        assert (reply.status, reply.code, reply.headers.get("allow")) == (
            case["status"],
            case["code"],
            case.get("allow"),
        )
        assert reply.headers["x-ms-error-code"] == case["code"]
    assert world.instance.asked == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['verb']} {case['path']}")
def test_without_a_token_every_path_gets_the_same_answer(world: World, case: dict[str, Any]) -> None:
    reply = world.call(case["verb"], case["path"], {})

    assert (reply.status, reply.body) == (401, b'{"statusCode":401,"message":"Unauthorized"}')


@pytest.mark.parametrize("is_decoded", [False, True])
@pytest.mark.parametrize("twin_id", ODD_IDS, ids=ascii)
def test_an_odd_id_goes_to_the_instance_as_one_segment(*, twin_id: str, is_decoded: bool) -> None:
    world = World([*GRAPH, twin(twin_id, {"role": "Earth"})])
    reply = world.get(EARTH, f"/digitaltwins/{quote(twin_id, safe='')}", is_decoded=is_decoded)

    assert [call.path.count("/") for call in world.instance.asked] == [2]
    assert (reply.status, reply.json["$dtId"]) == (200, twin_id)
    world.instance.close()


@pytest.mark.parametrize("is_decoded", [False, True])
@pytest.mark.parametrize("twin_id", ODD_IDS, ids=ascii)
def test_an_odd_id_of_a_hidden_twin_looks_missing(*, twin_id: str, is_decoded: bool) -> None:
    path = f"/digitaltwins/{quote(twin_id, safe='')}"
    with_hidden, without = World([*GRAPH, twin(twin_id, {"role": "Fire"})]), World(GRAPH)
    hidden, missing = (world.get(EARTH, path, is_decoded=is_decoded) for world in (with_hidden, without))

    assert (hidden.status, hidden.body) == (missing.status, missing.body)
    assert hidden.status == 404
    assert [call.path for call in with_hidden.instance.asked] == [call.path for call in without.instance.asked]
    for world in (with_hidden, without):
        world.instance.close()


@pytest.mark.parametrize("is_decoded", [False, True])
@pytest.mark.parametrize("twin_id", ["x" * 2049, "A\u0000", "A\r\nHost: evil", "A\u0085", "\u001b[2J"], ids=ascii)
def test_an_id_that_no_twin_can_have_is_missing_without_a_call(*, world: World, twin_id: str, is_decoded: bool) -> None:
    reply = world.get(EARTH, f"/digitaltwins/{quote(twin_id, safe='')}", is_decoded=is_decoded)

    assert (reply.status, reply.body) == (404, world.get(EARTH, "/digitaltwins/missing").body)
    assert [call.path for call in world.instance.asked] == ["/digitaltwins/%6D%69%73%73%69%6E%67"]


@pytest.mark.parametrize(
    ("path", "raw_path", "twin_id"),
    [
        # Undecoded, as uvicorn gives it.
        ("/digitaltwins/a/b", b"/digitaltwins/a%2Fb", "a/b"),
        ("/digitaltwins/%41", b"/digitaltwins/%2541", "%41"),
        ("/digitaltwins/a/relationships", b"/digitaltwins/a%2Frelationships", "a/relationships"),
        # Decoded, as the Functions adapter gives both.
        ("/digitaltwins/a/b", b"/digitaltwins/a/b", "a/b"),
        ("/digitaltwins/%41", b"/digitaltwins/%41", "%41"),
        ("/digitaltwins/T\u00fcrme", "/digitaltwins/T\u00fcrme".encode(), "T\u00fcrme"),
        # Without a raw path, which the protocol allows.
        ("/digitaltwins/a b", b"", "a b"),
    ],
)
def test_the_id_is_decoded_once(path: str, raw_path: bytes, twin_id: str) -> None:
    assert find_route({"path": path, "raw_path": raw_path}) == Route(Kind.TWIN, (twin_id,))


def test_where_slashes_are_decoded_a_twins_sub_resource_is_not_taken_for_an_id() -> None:
    path = "/digitaltwins/a/b/relationships/r"

    assert find_route({"path": path, "raw_path": path.encode()}).kind is Kind.RELATIONSHIP
