"""What the providers do outside the network of an instance whose public access is off."""

from typing import Any

import pytest

from components.permission_scopes import LOADER, TAGGER
from twin_rbac.clients.errors import AccessDenied, OutsideNetwork
from twin_rbac.providers.event_routes import EventRoutesProvider
from twin_rbac.providers.role_tags import RoleTagsProvider
from twin_rbac.providers.twin_graph import TwinGraphProvider

TAGS, GRAPH, ROUTES = RoleTagsProvider(), TwinGraphProvider(), EventRoutesProvider()
SENTENCE = (
    "the instance adt-test takes calls from inside its network alone (public network access is off): "
    "run this inside the network"
)
ALL = {"all": {"endpoint": "hub-one", "filter": "true"}}


@pytest.fixture
def world(empty_azure: Any) -> Any:
    """An instance with one tagged twin and one route, and a deployer that holds every right."""
    empty_azure.furnish()
    empty_azure.grant("deployer", {"eventRoutes": ["read", "write", "delete"]})
    empty_azure.make_endpoint("hub-one")
    empty_azure.put_twin("A", role="Earth")
    empty_azure.write_manifest({"Earth": ["A"]})
    return empty_azure


def close(world: Any, how: str) -> None:
    world.close_to_the_public()
    if how == "outside":
        world.open_privately()
        world.faults(outside=True)


BOTH = pytest.mark.parametrize("how", ["without an endpoint", "outside"])


@BOTH
def test_a_preview_warns_once_and_keeps_the_plan(world: Any, how: str, capsys: pytest.CaptureFixture[str]) -> None:
    props = world.tags_props()
    close(world, how)

    checked = TAGS.check(props, props)

    assert (checked.inputs, checked.failures) == (props, [])
    assert capsys.readouterr().out == f"warning: live twins or event routes were not looked at: {SENTENCE}\n"


@BOTH
def test_a_refresh_warns_once_and_keeps_the_state(world: Any, how: str, capsys: pytest.CaptureFixture[str]) -> None:
    tagged = dict(TAGS.create(world.tags_props()).outs or {})
    routed = dict(ROUTES.create(world.routes_props(ALL)).outs or {})
    close(world, how)

    assert TAGS.read("id", tagged).outs == tagged
    assert ROUTES.read("id", routed).outs == routed
    assert capsys.readouterr().out.splitlines() == [
        f"warning: live twins or event routes were not looked at: {SENTENCE}",
    ]


@BOTH
@pytest.mark.parametrize("what", ["tags", "graph", "routes", "routes that go"])
def test_a_write_fails_at_once_with_what_to_do(
    world: Any, how: str, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (world.folder / "graph.ndjson").write_text(
        '{"Section":"Header"}\n{"fileVersion":"1.0.0"}\n{"Section":"Twins"}\n'
        '{"$dtId":"new","$metadata":{"$model":"dtmi:digitaltwinsrbac:example:Room;1"}}\n'
    )
    tags, graph, routes = world.tags_props(), world.graph_props(), world.routes_props(ALL)
    close(world, how)
    before = world.instance_calls
    calls: dict[str, Any] = {
        "tags": lambda: TAGS.create(tags),
        "graph": lambda: GRAPH.create(graph),
        "routes": lambda: ROUTES.create(routes),
        "routes that go": lambda: ROUTES.delete("id", {**routes, "declared": ALL}),
    }

    with pytest.raises(OutsideNetwork, match="run this inside the network") as caught:
        calls[what]()

    assert str(caught.value) == SENTENCE
    assert capsys.readouterr().out == ""
    assert world.instance_calls == before + 2, "the refused call, and the look whether the network refused it"


def test_inside_the_network_everything_works(world: Any, capsys: pytest.CaptureFixture[str]) -> None:
    world.close_to_the_public()
    world.open_privately()

    TAGS.create(world.tags_props())
    ROUTES.create(world.routes_props(ALL))

    assert world.tags() == {"A": {"role": "Earth"}}
    assert world.routes() == ALL
    assert capsys.readouterr().out == ""


def test_inside_the_network_a_role_that_does_not_act_yet_is_waited_for(
    empty_azure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty_azure.furnish_without_roles()
    empty_azure.close_to_the_public()
    empty_azure.open_privately()
    empty_azure.put_twin("A")
    empty_azure.write_manifest({"Earth": ["A"]})
    empty_azure.faults(role_propagation=300)
    empty_azure.grant("deployer", {**TAGGER, **LOADER, "query": ["action"]})
    monkeypatch.setattr("twin_rbac.providers.tagging.say", lambda _message: empty_azure.advance(300))
    monkeypatch.setattr("twin_rbac.role_tags.waiting._PAUSE", 0.01)

    TAGS.create(empty_azure.tags_props())

    assert empty_azure.tags() == {"A": {"role": "Earth"}}


def test_inside_the_network_a_missing_role_is_named_and_not_the_network(world: Any, become: Any) -> None:
    world.close_to_the_public()
    world.open_privately()
    props = world.tags_props()
    become(world, "pull-request")

    with pytest.raises(AccessDenied, match=r"Microsoft\.DigitalTwins/query/action"):
        TAGS.create(props)


def test_who_may_not_read_the_instance_is_told_of_the_action_as_ever(world: Any, become: Any) -> None:
    props = world.tags_props()
    close(world, "outside")
    become(world, "wind")

    with pytest.raises(AccessDenied, match=r"Microsoft\.DigitalTwins/query/action"):
        TAGS.create(props)
