"""Random graphs, manifests and tags from before: what apply leaves is what a naive reading of the manifest says."""

import asyncio
import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.twin_rbac.role_tags.in_process import InProcess, load_models
from twin_rbac.role_tags.apply import apply_plan
from twin_rbac.role_tags.errors import SelectorConflict
from twin_rbac.role_tags.expand import expand
from twin_rbac.role_tags.look import look
from twin_rbac.role_tags.model import Encoding, TagRules, Unlisted
from twin_rbac.role_tags.plan import Plan, Planner
from twin_rbac.role_tags.selectors import Selector, Subtree
from twin_rbac.role_tags.store import TagStore

TWINS = ["a1", "a2", "a3", "b1", "b2", "ignored-c"]
ROLES = ("Earth", "Fire", "Wind")
OTHERS = ["Old", "earth", "something"]
BASES = {"dtmi:t:Room;1": ["dtmi:t:Place;1"], "dtmi:t:Room;2": ["dtmi:t:Place;1"], "dtmi:t:Place;1": []}


def definitions(schema: str) -> list[dict[str, Any]]:
    """A place with a map of tags, and two versions of a room, which is one."""
    names = {"mapKey": {"name": "tag", "schema": "string"}, "mapValue": {"name": "value", "schema": schema}}
    contents = [
        {"@type": "Property", "name": "tags", "schema": {"@type": "Map", **names}},
        {"@type": "Property", "name": "warmth", "schema": "double"},
        {"@type": "Relationship", "name": "holds"},
    ]
    head = {"@type": "Interface", "@context": "dtmi:dtdl:context;3"}
    place = {**head, "@id": "dtmi:t:Place;1", "contents": contents}
    rooms = [{**head, "@id": f"dtmi:t:Room;{version}", "extends": "dtmi:t:Place;1"} for version in (1, 2)]
    return [place, *rooms]


MODELS = {
    encoding: load_models(definitions(schema)) for encoding, schema in {"value": "string", "marker": "boolean"}.items()
}


@dataclass(frozen=True)
class World:
    """A graph with its tags, a manifest, and what it said before."""

    encoding: Encoding
    unlisted: Unlisted
    models: Mapping[str, str]
    tags: Mapping[str, Any]
    holds: frozenset[tuple[str, str]]
    explicit: Mapping[str, str]
    selectors: tuple[Selector, ...]
    declared: Mapping[str, str]

    @property
    def rules(self) -> TagRules:
        return TagRules(
            roles=ROLES, encoding=self.encoding, unlisted=self.unlisted, ignore=("ignored-*",), missing="skip"
        )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    encoding = draw(st.sampled_from(["value", "marker"]))
    value = st.sampled_from([*ROLES, *OTHERS]) if encoding == "value" else st.booleans()
    names = ["role", "floor"] if encoding == "value" else [*ROLES, *OTHERS]
    roles = st.sampled_from(ROLES)
    wanted = roles if encoding == "value" else st.sets(roles, min_size=1).map(lambda some: ",".join(sorted(some)))
    models = draw(st.dictionaries(st.sampled_from(TWINS), st.sampled_from(sorted(BASES)), min_size=1))
    selector = st.one_of(
        st.builds(make_selector, roles, st.just("glob"), st.sampled_from(["a*", "*1", "?2", "ignored-*", "*"])),
        st.builds(make_selector, roles, st.just("model"), st.sampled_from(sorted(BASES))),
        st.builds(make_selector, roles, st.just("query"), st.sampled_from(["warmth > 2", "STARTSWITH($dtId, 'b')"])),
        st.builds(make_selector, roles, st.just("subtree"), st.sampled_from(TWINS)),
    )
    pairs = st.tuples(st.sampled_from(sorted(models)), st.sampled_from(sorted(models)))
    return World(
        encoding=cast(Encoding, encoding),
        unlisted=draw(st.sampled_from(["report", "remove"])),
        models=models,
        tags=draw(
            st.fixed_dictionaries({key: st.none() | st.dictionaries(st.sampled_from(names), value) for key in models})
        ),
        holds=draw(st.frozensets(pairs, max_size=6)),
        explicit=draw(st.dictionaries(st.sampled_from(TWINS[:5]), wanted, max_size=3)),
        selectors=tuple(draw(st.lists(selector, max_size=3))),
        declared=draw(st.dictionaries(st.sampled_from(TWINS), wanted)),
    )


def make_selector(role: str, kind: Any, value: str) -> Selector:
    text = f"SELECT * FROM DIGITALTWINS WHERE {value}" if kind == "query" else value
    selected = Subtree(of=value, via=("holds",)) if kind == "subtree" else text
    return Selector(role=role, kind=kind, value=selected, place=f"m.yaml:{role}:{value}")


def matched(world: World, selector: Selector, twin: str) -> bool:
    """Whether the selector means the twin, read as a person would."""
    text = str(selector.value)
    if selector.kind == "glob":
        return fnmatch.fnmatchcase(twin, text)
    if selector.kind == "model":
        place = text == "dtmi:t:Place;1"
        return place or world.models[twin] in {"dtmi:t:Room;1": ["dtmi:t:Room;1", "dtmi:t:Room;2"]}.get(text, [text])
    if selector.kind == "query":
        return ("warmth" in text and TWINS.index(twin) > 2) or ("'b'" in text and twin.startswith("b"))
    assert isinstance(selector.value, Subtree)
    reached = {selector.value.of} & set(world.models)
    while more := {target for source, target in world.holds if source in reached} - reached:
        reached |= more
    return twin in reached


def reference(world: World) -> dict[str, Any] | None:
    """The tags that every twin is to carry in the end; None where selectors contradict each other."""
    after: dict[str, Any] = {}
    for twin, before in world.tags.items():
        wanted = set(world.explicit.get(twin, "").split(",")) - {""}
        for kind in ("glob", "query", "model", "subtree"):
            hits = {item.role for item in world.selectors if item.kind == kind and matched(world, item, twin)}
            if twin.startswith("ignored") or wanted or not hits:
                continue
            if world.encoding == "value" and len(hits) > 1:
                return None
            wanted = hits
        own = set(ROLES) | {role for text in world.declared.values() for role in text.split(",")}
        leaves = bool(wanted) or twin in world.declared or world.unlisted == "remove"
        tags = dict(before or {})
        if leaves and not twin.startswith("ignored"):
            if world.encoding == "marker":
                kept = {name: value for name, value in tags.items() if name not in own or name in wanted}
                tags = {**dict.fromkeys(wanted, True), **kept}
            elif wanted:
                tags["role"] = min(wanted)
            elif tags.get("role") in own:
                del tags["role"]
        after[twin] = tags if tags or before is not None else None
    return after


def build(world: World) -> InProcess:
    instance = InProcess(MODELS[world.encoding])
    for twin, model_id in world.models.items():
        tags = world.tags[twin]
        instance.put(twin, model_id, warmth=float(TWINS.index(twin)), **({} if tags is None else {"tags": tags}))
    for source, target in sorted(world.holds):
        instance.relate(source, "holds", target)
    return instance


async def plan(
    world: World, instance: InProcess, declared: Mapping[str, str]
) -> tuple[Plan, Mapping[str, str], TagStore]:
    async def at_once(_seconds: float) -> None:
        pass

    store = TagStore(cast(Any, instance), world.rules)
    desired = (
        await expand(world.rules, world.explicit, world.selectors, store, declared=declared, sleep=at_once)
    ).twins
    planner = Planner(world.rules, desired, declared=declared)
    await look(store, world.rules, (*desired, *declared), planner.look_at, roles=planner.roles)
    return planner.finish(), desired, store


@settings(max_examples=300, deadline=None)
@given(worlds())
def test_what_apply_leaves_is_what_the_manifest_says_and_a_second_plan_is_empty(world: World) -> None:
    expected, instance = reference(world), build(world)
    before = {twin: dict(document) for twin, document in instance.twins.items()}

    async def run() -> None:
        first, desired, store = await plan(world, instance, world.declared)
        await apply_plan(first, store)
        assert instance.writes == len(first.changes)
        second, _, _ = await plan(world, instance, desired)
        assert second.changes == ()

    if expected is None:
        try:
            asyncio.run(run())
        except SelectorConflict:
            return
        raise AssertionError("two selectors disagree, and nobody said so")
    asyncio.run(run())
    assert {twin: document.get("tags") for twin, document in instance.twins.items()} == expected
    for twin, document in instance.twins.items():
        assert document["warmth"] == before[twin]["warmth"]
        assert document["$metadata"]["$model"] == before[twin]["$metadata"]["$model"]
        if expected[twin] == world.tags[twin]:
            assert document == before[twin]
