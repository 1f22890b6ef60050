import asyncio
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from tests.twin_rbac.role_tags.graphs import THING, make_graph, model, upload
from twin_rbac.clients.cloud import Cloud
from twin_rbac.clients.errors import AccessDenied, OutsideNetwork
from twin_rbac.role_tags.errors import PatchMismatch, TwinChanged, WriteFailed
from twin_rbac.role_tags.model import TagRules, TwinTags
from twin_rbac.role_tags.plan import Change, decide
from twin_rbac.role_tags.store import TagStore
from twin_rbac.role_tags.target import Target, open_instance

QUERY = "Microsoft.DigitalTwins/query/action"

RULES = TagRules(roles=("Earth", "Fire"))
INSTANCE_ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt"


@pytest.fixture
def use(instance: Any, token: str) -> Any:
    """Runs something with a store over the instance made of dictionaries."""

    def use(work: Callable[[TagStore], Awaitable[Any]]) -> Any:
        async def run() -> Any:
            async with open_instance(Target(endpoint=instance.endpoint, token=token), say=print) as client:
                return await work(TagStore(client, RULES))

        return asyncio.run(run())

    return use


def change(twin_id: str, tags: dict[str, Any] | None, new: str | None, *, etag: str) -> Change:
    decided = decide(TwinTags(twin_id=twin_id, etag=etag, tags=tags), new, RULES, RULES.roles)
    assert decided is not None
    return decided


def queries(instance: Any) -> list[str]:
    return [call.body["query"] for call in instance.calls("POST") if "query" in call.body]


def test_the_index_is_asked_for_what_carries_the_key_and_for_the_given_twins_beside(use: Any, instance: Any) -> None:
    instance.put("A", tags={"role": "Earth", "floor": "1"})
    instance.put("B")
    instance.put("C", tags={"floor": "1"})

    assert use(lambda store: collect(store.stream_tagged(["Earth"]))) == [
        TwinTags(twin_id="A", etag='W/"1"', tags={"role": "Earth", "floor": "1"})
    ]
    assert use(lambda store: collect(store.stream_listed(["B", "gone"]))) == [
        TwinTags(twin_id="B", etag='W/"2"', tags=None)
    ]
    assert queries(instance) == [
        "SELECT T.$dtId, T.$etag, T.$metadata.$model, T.tags FROM DIGITALTWINS T WHERE IS_DEFINED(T.tags.role)",
        "SELECT T.$dtId, T.$etag, T.$metadata.$model, T.tags FROM DIGITALTWINS T WHERE T.$dtId IN ['B','gone']",
    ]


def test_ids_are_asked_for_fifty_at_a_time(use: Any, instance: Any) -> None:
    use(lambda store: collect(store.stream_listed(str(number) for number in range(120))))

    assert [text.count(",") - 2 for text in queries(instance)] == [50, 50, 20]


def test_long_ids_keep_a_query_within_eight_thousand_characters(use: Any, instance: Any) -> None:
    ids = [f"{number}-{'x' * 1000}" for number in range(20)]
    use(lambda store: collect(store.stream_listed(ids)))

    assert all(len(text) <= 8000 for text in queries(instance))
    assert sum(text.count("x" * 1000) for text in queries(instance)) == 20


def test_quotes_in_an_id_stay_inside_the_text(use: Any, instance: Any) -> None:
    use(lambda store: collect(store.stream_listed(["it's", "a\\", "'] OR true --"])))

    assert queries(instance)[0].endswith(r"T.$dtId IN ['it\'s','a\\','\'] OR true --']")


def test_twins_are_read_by_id_and_missing_ones_are_left_out(use: Any, instance: Any) -> None:
    instance.put("A", tags={"role": "Earth"})

    assert list(use(lambda store: store.read_twins(["A", "gone"]))) == ["A"]


def test_a_property_that_is_no_map_holds_no_tags(use: Any, instance: Any) -> None:
    instance.put("A", tags=["Earth"])

    assert use(lambda store: store.read_twins(["A"]))["A"].tags is None


@pytest.fixture
def emulated_store(emulated: Any) -> Any:
    """Runs something with a store over the emulator, which holds A, of a model Room, and B below it."""
    models = [model(THING), model("dtmi:test:Room;1", extends=[THING])]
    twins = {"A": "dtmi:test:Room;1", "B": THING, "C": THING}
    upload(emulated.target(), make_graph(twins, [("A", "contains", "B"), ("A", "feeds", "C")], models))

    def use(work: Callable[[TagStore], Awaitable[Any]]) -> Any:
        async def run() -> Any:
            async with open_instance(emulated.target(), say=print) as client:
                return await work(TagStore(client, RULES))

        return asyncio.run(run())

    return use


async def collect(items: AsyncIterator[Any]) -> list[Any]:
    return [item async for item in items]


def test_twins_come_with_their_models_however_they_are_read(emulated_store: Any) -> None:
    models = {"A": "dtmi:test:Room;1", "B": THING}

    for read in (TagStore.stream_listed, TagStore.stream_twins):
        twins = emulated_store(lambda store, read=read: collect(read(store, ["A", "B", "gone"])))
        assert {twin.twin_id: twin.model_id for twin in twins} == models
    assert emulated_store(lambda store: store.read_models(["A", "B", "gone"])) == models


def test_a_scan_shows_every_twin_and_its_model(emulated_store: Any) -> None:
    assert emulated_store(lambda store: collect(store.scan())) == [
        ("A", "dtmi:test:Room;1"),
        ("B", THING),
        ("C", THING),
    ]


def test_children_are_the_targets_of_the_named_relationships(emulated_store: Any) -> None:
    assert emulated_store(lambda store: store.list_children(["A"], {"contains"})) == {"A": ["B"]}
    found = emulated_store(lambda store: store.list_children(["A", "gone"], {"contains", "feeds"}))
    assert {source: sorted(targets) for source, targets in found.items()} == {"A": ["B", "C"]}
    assert emulated_store(lambda store: store.list_children(["A"], {"contains", "owns"})) == {"A": ["B"]}
    assert emulated_store(lambda store: store.list_children(["gone"], {"contains"})) == {}
    # Names too long to be sent along are told apart all the same.
    assert emulated_store(lambda store: store.list_children(["A"], {"contains", "x" * 400})) == {"A": ["B"]}


def test_models_come_with_their_definitions(emulated_store: Any) -> None:
    models = emulated_store(lambda store: store.list_models())

    assert models["dtmi:test:Room;1"]["extends"] == [THING]
    assert list(models) == [THING, "dtmi:test:Room;1"]


@pytest.mark.parametrize(
    ("tags", "new", "whole_map", "patch"),
    [
        # Fact sheet adt-data-plane, section 4.1: a key can be added only where the map exists.
        (None, "Earth", True, {"op": "add", "path": "/tags", "value": {"role": "Earth"}}),
        ({"floor": "1"}, "Earth", False, {"op": "add", "path": "/tags/role", "value": "Earth"}),
        ({"role": "Fire"}, "Earth", False, {"op": "add", "path": "/tags/role", "value": "Earth"}),
        ({"role": "Fire"}, None, False, {"op": "remove", "path": "/tags/role"}),
        ({"floor": "1"}, "Earth", True, {"op": "add", "path": "/tags", "value": {"floor": "1", "role": "Earth"}}),
        ({"role": "Fire", "floor": "1"}, None, True, {"op": "add", "path": "/tags", "value": {"floor": "1"}}),
    ],
)
def test_each_change_is_one_patch_guarded_by_the_etag(
    *, use: Any, instance: Any, tags: Any, new: str | None, whole_map: bool, patch: dict[str, Any]
) -> None:
    instance.put("A", **({} if tags is None else {"tags": tags}))
    use(lambda store: store.write(change("A", tags, new, etag='W/"1"'), whole_map=whole_map))

    (call,) = instance.calls("PATCH")
    assert call.body == [patch]
    assert call.headers["If-Match"] == 'W/"1"'


def test_a_twin_with_another_etag_is_not_written(use: Any, instance: Any) -> None:
    instance.put("A", tags={"role": "Fire"})

    with pytest.raises(TwinChanged):
        use(lambda store: store.write(change("A", {}, "Earth", etag='W/"0"'), whole_map=False))
    assert instance.tags() == {"A": {"role": "Fire"}}


def test_a_twin_that_is_gone_has_changed(use: Any) -> None:
    with pytest.raises(TwinChanged):
        use(lambda store: store.write(change("gone", {}, "Earth", etag='W/"0"'), whole_map=False))


def test_a_key_without_its_map_is_told_apart_from_other_refusals(use: Any, instance: Any, scripted: Any) -> None:
    instance.put("A")
    with pytest.raises(PatchMismatch, match="JsonPatchInvalid: tags does not exist on component"):
        use(lambda store: store.write(change("A", {}, "Earth", etag='W/"1"'), whole_map=False))

    instance.script = [scripted(400, {"error": {"code": "ValidationFailed", "message": "Invalid twin specified"}})]
    with pytest.raises(WriteFailed, match="twin 'A': ValidationFailed: Invalid twin specified") as caught:
        use(lambda store: store.write(change("A", {}, "Earth", etag='W/"1"'), whole_map=False))
    assert type(caught.value) is WriteFailed


class Waited(Exception):
    """Ends a wait that would take seconds."""


def read_denied(target: Target, said: list[str]) -> None:
    def say(line: str) -> None:
        said.append(line)
        raise Waited

    async def run() -> None:
        async with open_instance(target, say=say) as client:
            await collect(TagStore(client, RULES).stream_tagged([]))

    asyncio.run(run())


@pytest.fixture
def denied(emulated: Any, instance: Any) -> Any:
    """A caller whom the emulator refuses every query; the instance of dictionaries plays Resource Manager."""
    emulated.tokens.allowed["newcomer"] = set()
    cloud = Cloud(resource_manager=instance.endpoint)
    return dataclasses.replace(emulated.target("newcomer"), instance_id=INSTANCE_ID, cloud=cloud)


PUBLIC: dict[str, Any] = {"properties": {"publicNetworkAccess": "Enabled"}}


def test_a_403_is_waited_out_where_resource_manager_says_that_the_caller_holds_the_action(
    denied: Target, instance: Any, scripted: Any
) -> None:
    said: list[str] = []
    permissions = {"value": [{"dataActions": ["Microsoft.DigitalTwins/query/*"]}]}
    instance.script = [scripted(200, PUBLIC), scripted(200, permissions)]

    with pytest.raises(Waited):
        read_denied(denied, said)
    assert said == [f"waiting for {QUERY} to reach the instance: Resource Manager says that the caller holds it"]
    assert instance.received[0].path == f"{INSTANCE_ID}?api-version=2023-01-31"
    assert instance.received[1].path.startswith(f"{INSTANCE_ID}/providers/Microsoft.Authorization/permissions?")


@pytest.mark.parametrize(("status", "permissions"), [(200, {"value": [{"actions": ["*"]}]}), (403, {})])
def test_a_403_is_final_where_resource_manager_does_not_say_so(
    denied: Target, instance: Any, scripted: Any, status: int, permissions: Any
) -> None:
    instance.script = [scripted(200, PUBLIC), scripted(status, permissions)]

    with pytest.raises(AccessDenied, match=f"may not do {QUERY}"):
        read_denied(denied, [])


def test_a_caller_that_may_not_read_the_instance_is_waited_for_all_the_same(
    denied: Target, instance: Any, scripted: Any
) -> None:
    permissions = {"value": [{"dataActions": ["Microsoft.DigitalTwins/query/*"]}]}
    instance.script = [scripted(403, {}), scripted(200, permissions)]

    with pytest.raises(Waited):
        read_denied(denied, [])


def test_a_403_of_the_network_is_final_whatever_the_caller_holds(
    denied: Target, emulated: Any, instance: Any, scripted: Any
) -> None:
    closed = {"id": emulated.instance.key, "type": "…", "properties": {"publicNetworkAccess": "Disabled"}}
    emulated.instance.storage.put("resources", emulated.instance.key, closed)
    instance.script = [scripted(200, {"properties": {"publicNetworkAccess": "Disabled"}})]

    with pytest.raises(OutsideNetwork, match="run this inside the network"):
        read_denied(denied, [])
    assert len(instance.received) == 1


def test_without_the_instances_id_a_403_is_final_at_once(denied: Target, instance: Any) -> None:
    with pytest.raises(AccessDenied, match=f"may not do {QUERY}"):
        read_denied(dataclasses.replace(denied, instance_id=None), [])
    assert instance.received == []


def test_a_targets_token_is_not_shown() -> None:
    assert "s3cret" not in repr(Target(endpoint="https://localhost:1", token="s3cret"))
