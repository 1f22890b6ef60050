"""EventRoutes from end to end: the provider as Pulumi calls it, the real client, the local Azure."""

from typing import Any

import pytest
from pulumi.output import Unknown

from components.permission_scopes import LOADER
from twin_rbac.clients.errors import AccessDenied, InvalidRequest
from twin_rbac.providers.errors import RouteTaken
from twin_rbac.providers.event_routes import EventRoutesProvider

PROVIDER = EventRoutesProvider()
ID = "id"
ALL = {"endpoint": "hub-one", "filter": "true"}
UPDATES = {"endpoint": "hub-two", "filter": "type = 'Microsoft.DigitalTwins.Twin.Update'"}
UNKNOWN: Any = Unknown()  # type: ignore[no-untyped-call]  # Pulumi gives it no types


@pytest.fixture
def routed(empty_azure: Any) -> Any:
    """An instance with two endpoints, and a deployer that may write routes."""
    empty_azure.furnish_without_roles()
    empty_azure.grant("deployer", {**LOADER, "eventRoutes": ["read", "write", "delete"]})
    for name in ("hub-one", "hub-two"):
        empty_azure.make_endpoint(name)
    return empty_azure


@pytest.fixture
def state(routed: Any) -> dict[str, Any]:
    """The outputs of a create with two routes."""
    return dict(PROVIDER.create(routed.routes_props({"all": ALL, "updates": UPDATES})).outs or {})


def writes(routed: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The writes of routes from here on, by method and name."""
    from twin_rbac.clients.event_routes import EventRoutes  # noqa: PLC0415

    seen: list[str] = []
    upsert, delete = EventRoutes.upsert, EventRoutes.delete

    async def record_upsert(self: Any, route: Any) -> None:
        seen.append(f"PUT {route.route_id}")
        await upsert(self, route)

    async def record_delete(self: Any, name: str) -> bool:
        seen.append(f"DELETE {name}")
        return await delete(self, name)

    monkeypatch.setattr(EventRoutes, "upsert", record_upsert)
    monkeypatch.setattr(EventRoutes, "delete", record_delete)
    return seen


def test_a_create_writes_the_routes_and_records_them(routed: Any) -> None:
    created = PROVIDER.create(routed.routes_props({"all": ALL, "updates": UPDATES}))

    assert routed.routes() == {"all": ALL, "updates": UPDATES}
    assert created.id == f"{routed.instance_id}/eventroutes"
    assert created.outs is not None
    assert created.outs["declared"] == created.outs["routes"] == {"all": ALL, "updates": UPDATES}


def test_what_is_already_right_is_not_written(routed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    routed.put_route("all", endpoint="hub-one")
    seen = writes(routed, monkeypatch)

    PROVIDER.create(routed.routes_props({"all": ALL, "updates": UPDATES}))

    assert seen == ["PUT updates"]


def test_somebody_elses_route_of_that_name_is_refused_and_nothing_is_written(
    routed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    routed.put_route("all", "hub-two", "false")
    seen = writes(routed, monkeypatch)

    with pytest.raises(RouteTaken, match=r"'all' exists already and leads to hub-two \(filter: false\)"):
        PROVIDER.create(routed.routes_props({"updates": UPDATES, "all": ALL}))

    assert seen == []
    assert routed.routes() == {"all": {"endpoint": "hub-two", "filter": "false"}}


def test_an_update_writes_what_changed_deletes_what_left_and_touches_no_other_route(
    routed: Any, state: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    routed.put_route("of-somebody-else", "hub-one", "false")
    seen = writes(routed, monkeypatch)

    updated = PROVIDER.update(ID, state, routed.routes_props({"all": UPDATES}))

    assert seen == ["DELETE updates", "PUT all"]
    assert routed.routes() == {"all": UPDATES, "of-somebody-else": {"endpoint": "hub-one", "filter": "false"}}
    assert updated.outs is not None
    assert updated.outs["declared"] == {"all": UPDATES}


def test_a_route_that_left_and_is_gone_already_is_no_failure(routed: Any, state: dict[str, Any]) -> None:
    routed.data("DELETE", "/eventroutes/updates")

    PROVIDER.update(ID, state, routed.routes_props({"all": ALL}))

    assert routed.routes() == {"all": ALL}


def test_a_full_instance_takes_a_new_route_in_place_of_one_that_leaves(routed: Any, state: dict[str, Any]) -> None:
    for number in range(4):
        routed.put_route(f"other-{number}", "hub-one")

    PROVIDER.update(ID, state, routed.routes_props({"all": ALL, "new": UPDATES}))

    assert {"all", "new"} <= set(routed.routes())


def test_an_endpoint_that_is_none_is_refused_by_the_instance_and_named(routed: Any) -> None:
    with pytest.raises(InvalidRequest, match="event route 'all' was refused with 400 EventRouteEndpointInvalid"):
        PROVIDER.create(routed.routes_props({"all": {**ALL, "endpoint": "none"}}))


def test_without_drift_outputs_and_inputs_are_as_they_were(
    state: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    found = PROVIDER.read(ID, state)

    assert (found.id, found.outs) == (ID, state)
    assert found.inputs == {key: value for key, value in state.items() if key != "declared"}
    assert capsys.readouterr().out == ""


def test_drift_is_an_input_and_an_output_and_one_line_a_route(
    routed: Any, state: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    routed.put_route("all", "hub-two", "false")
    routed.data("DELETE", "/eventroutes/updates")
    routed.put_route("of-somebody-else", "hub-one")

    found = PROVIDER.read(ID, state)

    live = {"all": {"endpoint": "hub-two", "filter": "false"}}
    assert found.inputs is not None
    assert found.outs is not None
    assert found.inputs["routes"] == found.outs["routes"] == live
    assert found.outs["declared"] == {"all": ALL, "updates": UPDATES}
    assert capsys.readouterr().out.splitlines() == [
        "drift: event route all leads to hub-two (filter: false), and hub-one (filter: true) was declared",
        f"drift: event route updates is gone, and hub-two (filter: {UPDATES['filter']}) was declared",
    ]

    PROVIDER.update(ID, found.outs, routed.routes_props({"all": ALL, "updates": UPDATES}))
    assert routed.routes() == {"all": ALL, "updates": UPDATES, "of-somebody-else": ALL}


def test_a_refresh_without_data_rights_keeps_the_state_and_says_so(
    routed: Any, state: dict[str, Any], become: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    become(routed, "pull-request")
    found = PROVIDER.read(ID, state)

    assert (found.id, found.outs) == (ID, state)
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("warning: live twins or event routes were not looked at: that takes ")
    assert "Microsoft.DigitalTwins/eventroutes/read" in line


def test_an_instance_that_is_gone_has_no_routes_to_read_or_delete(routed: Any, state: dict[str, Any]) -> None:
    routed.delete_instance()

    assert not PROVIDER.read(ID, state).id
    PROVIDER.delete(ID, state)


def test_a_destroy_deletes_what_was_declared_alone_and_frees_the_endpoint(routed: Any, state: dict[str, Any]) -> None:
    routed.put_route("of-somebody-else", "hub-two")
    routed.data("DELETE", "/eventroutes/updates")

    PROVIDER.delete(ID, state)

    assert set(routed.routes()) == {"of-somebody-else"}
    routed.resource("DELETE", f"{routed.instance_id}/endpoints/hub-one", version="2023-01-31")


def test_a_create_without_data_rights_fails_at_once_and_names_the_data_action(routed: Any, become: Any) -> None:
    become(routed, "pull-request")

    with pytest.raises(AccessDenied, match=r"Microsoft\.DigitalTwins/eventroutes/read"):
        PROVIDER.create(routed.routes_props({"all": ALL}))


def test_a_create_waits_for_a_role_that_does_not_act_yet(empty_azure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    empty_azure.furnish_without_roles()
    empty_azure.make_endpoint("hub-one")
    empty_azure.faults(role_propagation=300)
    empty_azure.grant("deployer", {"eventRoutes": ["read", "write", "delete"]})
    said = []

    def advance_when_told(message: str) -> None:
        said.append(message)
        empty_azure.advance(300)

    monkeypatch.setattr("twin_rbac.providers.routing.say", advance_when_told)
    monkeypatch.setattr("twin_rbac.role_tags.waiting._PAUSE", 0.01)

    PROVIDER.create(empty_azure.routes_props({"all": ALL}))

    assert empty_azure.routes() == {"all": ALL}
    assert [message.split(":")[0] for message in said] == [
        "waiting for Microsoft.DigitalTwins/eventroutes/read to reach the instance"
    ]


def test_without_any_route_the_instance_is_not_called(routed: Any, become: Any) -> None:
    become(routed, "pull-request")
    before = routed.instance_calls

    state = dict(PROVIDER.create(routed.routes_props({})).outs or {})
    assert state["declared"] == {}
    assert PROVIDER.read(ID, state).outs == state
    PROVIDER.delete(ID, state)

    assert routed.instance_calls == before


@pytest.mark.parametrize("name", ["", "a_b", "-a", "a b", "a/b", "a" * 51])
def test_a_name_that_is_none_is_refused_before_anything_is_written(name: str) -> None:
    (failure,) = PROVIDER.check({}, {"routes": {name: ALL}}).failures

    assert (failure.property, f"the event route {name!r} needs another name" in failure.reason) == ("routes", True)


def test_an_empty_filter_is_refused_with_what_would_be_right() -> None:
    (failure,) = PROVIDER.check({}, {"routes": {"all": {"endpoint": "hub-one", "filter": ""}}}).failures

    assert "`true` lets all events through" in failure.reason


@pytest.mark.parametrize("routes", [{"all": ALL, "B-2": UPDATES}, {}, {"all": UNKNOWN}, UNKNOWN])
def test_good_routes_are_handed_on_and_unknown_ones_wait(routes: Any) -> None:
    checked = PROVIDER.check({}, {"routes": routes})

    assert (checked.inputs, checked.failures) == ({"routes": routes}, [])


def test_another_endpoint_is_another_resource() -> None:
    assert PROVIDER.diff(ID, {"endpoint": "https://a"}, {"endpoint": "https://b"}).replaces == ["endpoint"]
    assert not PROVIDER.diff(ID, {"endpoint": "https://a"}, {"endpoint": "https://a"}).replaces
