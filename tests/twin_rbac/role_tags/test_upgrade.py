import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from azure.digitaltwins.core import DigitalTwinsClient
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from emulator.clock import Clock
from emulator.counters import Counters
from emulator.digital_twins.errors import EnvelopeError
from emulator.digital_twins.instance import Instance
from emulator.digital_twins.json_patch import parse_patch
from emulator.digital_twins.models import Models
from emulator.digital_twins.twins import create_twin, patch_twin
from emulator.faults import Faults
from emulator.storage import Storage
from tests.conftest import FixedToken
from twin_rbac.role_tags.model import TagRules
from twin_rbac.role_tags.seed import MODELS_PER_REQUEST, order_models
from twin_rbac.role_tags.taggable import find_untaggable
from twin_rbac.role_tags.upgrade import ModelUpgrade, plan_upgrade

ROOT = Path(__file__).parents[3]
CASES = YAML(typ="safe").load(ROOT / "tests" / "cases" / "models" / "upgrades.yaml")
ONTOLOGY = ROOT.parent / "shared" / "data" / "building-ontology.json"
REC = "dtmi:digitaltwins:rec_3_3"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROLES = TagRules(roles=("Earth",))


class Everyone:
    """Lets everyone do everything."""

    def authorize(self, authorization: str | None, data_action: str) -> None:
        pass


def emulate() -> Models:
    """The emulator's models, empty; its own checks say what the service would take."""
    storage = Storage()
    instance = Instance(
        key="test",
        storage=storage,
        clock=Clock(),
        faults=Faults(),
        counters=Counters(storage),
        authorizer=Everyone(),
    )
    return Models(instance)


def tags(rules: TagRules) -> dict[str, Any]:
    """The map of tags as the fact sheet has it."""
    value = {"value": "string", "marker": "boolean"}[rules.encoding]
    key, entry = {"name": "tagName", "schema": "string"}, {"name": "tagValue", "schema": value}
    return {"@type": "Property", "name": rules.property, "schema": {"@type": "Map", "mapKey": key, "mapValue": entry}}


def written_out(models: Mapping[str, Any], rules: TagRules, language: int) -> dict[str, Any]:
    """The definitions that a case gives in short."""
    definitions = {}
    for model_id, short in models.items():
        contents = [tags(rules) if each == "TAGS" else each for each in short.get("contents", ())]
        full = {"@id": model_id, "@type": "Interface", "@context": f"dtmi:dtdl:context;{language}", **short}
        definitions[model_id] = {**full, **({"contents": contents} if "contents" in short else {})}
    return definitions


def after(models: Mapping[str, Any], upgrade: ModelUpgrade) -> dict[str, Any]:
    return {**models, **{each["@id"]: each for each in upgrade.models}}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_next_versions_are_as_they_should_be_and_are_taken(case: Any) -> None:
    rules = TagRules(roles=(), property=case.get("property", "tags"), encoding=case.get("encoding", "value"))
    models = written_out(case["models"], rules, case.get("language", 3))
    created = written_out(case["created"], rules, case.get("language", 3))

    upgrade = plan_upgrade(rules, models, case["needed"], decommissioned=case.get("decommissioned", ()))

    assert upgrade.moves == case["moves"]
    assert {each["@id"]: each for each in upgrade.models} == created
    assert upgrade.refused == case.get("refused", {})
    if case.get("uploads", True):
        emulated = emulate()
        emulated.add(list(models.values()))
        for model in upgrade.models:
            emulated.add([model])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_run_after_an_upload_makes_no_further_version(case: Any) -> None:
    rules = TagRules(roles=(), property=case.get("property", "tags"), encoding=case.get("encoding", "value"))
    models = written_out(case["models"], rules, case.get("language", 3))
    options = {"decommissioned": case.get("decommissioned", ())}
    first = plan_upgrade(rules, models, case["needed"], **options)

    again = plan_upgrade(rules, after(models, first), case["needed"], **options)

    assert again.models == ()
    assert again.moves == first.moves


def test_the_limits_of_dtdl_2_hold() -> None:
    contents = [{"@type": "Property", "name": f"p{number}", "schema": "string"} for number in range(300)]
    full = written_out({"dtmi:x:Full;1": {"contents": contents}}, ROLES, 2)
    short = written_out({"dtmi:x:Room;1": {"contents": contents[1:]}}, ROLES, 2)
    newer = written_out({"dtmi:x:Space;2": {"contents": ["TAGS"]}}, ROLES, 3)
    older = written_out({"dtmi:x:Space;1": {}, "dtmi:x:Hall;1": {"extends": "dtmi:x:Space;1"}}, ROLES, 2)
    models = {**full, **short, **newer, **older}

    upgrade = plan_upgrade(ROLES, models, models)

    assert upgrade.refused == {"dtmi:x:Full;1": "its next version would have 301 contents, and DTDL 2 allows 300"}
    # Written in DTDL 2, it cannot extend the next version of its base.
    assert next(each["extends"] for each in upgrade.models if each["@id"] == "dtmi:x:Hall;2") == "dtmi:x:Space;1"


def test_a_name_longer_than_dtdl_2_allows_is_refused() -> None:
    upgrade = plan_upgrade(
        TagRules(roles=(), property="t" * 65), written_out({"dtmi:x:Room;1": {}}, ROLES, 2), ["dtmi:x:Room;1"]
    )

    assert list(upgrade.refused) == ["dtmi:x:Room;1"]
    assert "64 characters" in upgrade.refused["dtmi:x:Room;1"]


def test_inheritance_gets_no_deeper_than_ten_levels() -> None:
    levels = {f"dtmi:x:L{number};1": {"extends": f"dtmi:x:L{number - 1};1"} for number in range(1, 11)}
    # Made by people, one level deeper than what it came from.
    deeper = {
        "dtmi:x:L0;1": {},
        "dtmi:x:Tagged;1": {"contents": ["TAGS"]},
        "dtmi:x:L0;2": {"extends": "dtmi:x:Tagged;1"},
    }
    models = written_out({**deeper, **levels}, ROLES, 3)

    upgrade = plan_upgrade(ROLES, models, ["dtmi:x:L0;1", "dtmi:x:L10;1"])

    assert upgrade.moves == {"dtmi:x:L0;1": "dtmi:x:L0;2", "dtmi:x:L10;1": "dtmi:x:L10;2"}
    assert [(each["@id"], each["extends"]) for each in upgrade.models] == [("dtmi:x:L10;2", "dtmi:x:L9;1")]


def test_a_definition_of_more_than_1_mib_is_refused() -> None:
    models = written_out({"dtmi:x:Room;1": {"comment": "x" * (1024 * 1024 - 200)}}, ROLES, 3)

    upgrade = plan_upgrade(ROLES, models, models)

    assert upgrade.refused == {"dtmi:x:Room;1": "its next version would have more than 1048576 bytes"}


def test_an_instance_that_is_full_takes_no_next_version() -> None:
    room = {"dtmi:x:Room;1": {}, "dtmi:x:Hall;1": {}, "dtmi:x:Hall;2": {"contents": ["TAGS"]}}
    models = written_out({**room, **{f"dtmi:x:m{number};1": {} for number in range(9_997)}}, ROLES, 3)

    upgrade = plan_upgrade(ROLES, models, room)

    assert upgrade.moves == {"dtmi:x:Hall;1": "dtmi:x:Hall;2"}
    assert upgrade.models == ()
    assert "10001 models" in upgrade.refused["dtmi:x:Room;1"]


# The official client insists on TLS; a test's own server has none.
PLAIN = {"enforce_https": False}


@pytest.fixture
def client(emulated: Any) -> DigitalTwinsClient:
    """The official client at the emulated instance."""
    return DigitalTwinsClient(emulated.endpoint, FixedToken("owner"))


@pytest.fixture
def ontology() -> dict[str, Any]:
    """The definitions of the building ontology, in an order in which they can be uploaded."""
    if not ONTOLOGY.exists():
        pytest.skip(f"the building ontology is not at {ONTOLOGY}")
    return {each["@id"]: each for each in order_models(json.loads(ONTOLOGY.read_text()))}


def in_requests(models: Sequence[Any]) -> Iterator[list[Any]]:
    """The models in as many requests as they take."""
    for start in range(0, len(models), MODELS_PER_REQUEST):
        yield list(models[start : start + MODELS_PER_REQUEST])


def definitions(client: DigitalTwinsClient) -> dict[str, Any]:
    listed = client.list_models(None, include_model_definition=True, **PLAIN)
    return {str(each.id): each.model for each in listed}


# Rooms, floors and equipment: with components of their own and inherited, with two bases, and up to eight levels deep.
DIVERSE = [
    f"{REC}:{name}"
    for name in (
        "core:Agent;1",
        "core:Space;1",
        "core:Building;1",
        "building:RoofLevel;1",
        "building:ConferenceRoom;1",
        "asset:Pump;1",
        "asset:HVACEquipment;1",
        "asset:HVACPump;1",
        "asset:PlumbingEquipment;1",
        "asset:PlumbingValve;1",
        "asset:SprinklerBackflowPreventer;1",
        "asset:VAVBoxReheat;1",
        "device:InferredOccupancySetpoint;1",
    )
]
VALUES = {"string": "a", "double": 1.5, "float": 2.5, "integer": 3, "long": 4, "boolean": True, "date": "2026-01-31"}


def contents_of(models: Mapping[str, Any], model_id: str) -> Iterator[Mapping[str, Any]]:
    """What the model of the ontology has, with what it inherits."""
    definition = models[model_id]
    extends = definition.get("extends", [])
    for base in [extends] if isinstance(extends, str) else extends:
        yield from contents_of(models, base)
    yield from definition.get("contents", [])


def filled(models: Mapping[str, Any], model_id: str) -> dict[str, Any]:
    """A twin of the model with its components and a value for each plain property."""
    twin: dict[str, Any] = {"$metadata": {"$model": model_id}}
    for element in contents_of(models, model_id):
        if "Component" in element["@type"]:
            twin[element["name"]] = {"$metadata": {}}
        elif "Property" in element["@type"] and str(element["schema"]) in VALUES:
            twin[element["name"]] = VALUES[element["schema"]]
    return twin


def move_to(model_id: str) -> list[Any]:
    """The patch that moves a twin and tags it."""
    return [
        {"op": "replace", "path": "/$metadata/$model", "value": model_id},
        {"op": "add", "path": "/tags", "value": {"role": "Earth"}},
    ]


def body(twin: Any) -> dict[str, Any]:
    """A twin without what every write renews."""

    def bare(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {name: bare(item) for name, item in value.items() if name not in ("$metadata", "$etag")}

    return dict(bare(twin))


def test_twins_of_a_real_ontology_keep_everything_on_their_way_to_the_tags(
    client: DigitalTwinsClient, ontology: dict[str, Any]
) -> None:
    upgrade = plan_upgrade(ROLES, ontology, DIVERSE)
    assert (sorted(upgrade.moves), upgrade.refused) == (sorted(DIVERSE), {})
    for request in in_requests([*ontology.values(), *upgrade.models]):
        client.create_models(request, **PLAIN)

    for model_id, new in upgrade.moves.items():
        client.upsert_digital_twin(model_id, filled(ontology, model_id), **PLAIN)
        before = client.get_digital_twin(model_id, **PLAIN)
        client.update_digital_twin(model_id, move_to(new), **PLAIN)
        moved = client.get_digital_twin(model_id, **PLAIN)
        assert moved["$metadata"]["$model"] == new
        assert body(moved) == {**body(before), "tags": {"role": "Earth"}}

    there = definitions(client)
    assert len(there) == 767 + len(upgrade.models)
    assert find_untaggable(ROLES, there).keys() & upgrade.moves.values() == set()
    again = plan_upgrade(ROLES, there, set(upgrade.moves.values()))
    assert again == ModelUpgrade(moves={}, models=(), refused={})


def test_a_whole_ontology_gets_tags_at_its_roots_alone(ontology: dict[str, Any]) -> None:
    upgrade = plan_upgrade(ROLES, ontology, ontology)
    emulated = emulate()
    for request in (*in_requests(list(ontology.values())), *in_requests(upgrade.models)):
        emulated.add(request)

    assert (sorted(upgrade.moves), upgrade.refused) == (sorted(ontology), {})
    roots = {model_id for model_id, each in ontology.items() if "extends" not in each}
    declaring = {each["@id"] for each in upgrade.models if tags(ROLES) in each.get("contents", [])}
    assert declaring == {upgrade.moves[model_id] for model_id in roots}
    for new in upgrade.moves.values():
        contents = emulated.contents(new)
        assert contents is not None
        assert list(contents.properties["tags"].violations({"role": "Earth"}, "tags")) == []


# Models in random relations to each other; what the emulator does not take is left out.
SCHEMAS = ("string", tags(ROLES)["schema"], tags(TagRules(roles=(), encoding="marker"))["schema"])


@st.composite
def elements(draw: st.DrawFn, earlier: Sequence[str]) -> dict[str, Any]:
    kind = draw(st.sampled_from(("Property", "Property", "Component", "Relationship")))
    # A name for the tags is rare, so that most models lack them.
    name = draw(st.sampled_from((*"pqrstuvw", "tags")))
    if kind == "Component" and earlier:
        return {"@type": kind, "name": name, "schema": draw(st.sampled_from(earlier))}
    if kind == "Relationship":
        return {"@type": kind, "name": name}
    return {"@type": "Property", "name": name, "schema": draw(st.sampled_from(SCHEMAS))}


@st.composite
def model_sets(draw: st.DrawFn) -> dict[str, Any]:
    emulated = emulate()
    models: dict[str, Any] = {}
    for _ in range(draw(st.integers(1, 9))):
        earlier = sorted(models)
        model_id = f"dtmi:x:{draw(st.sampled_from('ABCDE'))};{draw(st.integers(1, 3))}"
        model = {
            "@id": model_id,
            "@type": "Interface",
            "@context": draw(st.sampled_from(("dtmi:dtdl:context;2", "dtmi:dtdl:context;3", "dtmi:dtdl:context;3"))),
            "extends": draw(st.lists(st.sampled_from(earlier), max_size=3, unique=True)) if earlier else [],
            "contents": draw(st.lists(elements(earlier), max_size=2)),
        }
        try:
            emulated.add([model])
        except EnvelopeError:
            continue
        models[model_id] = model
    return models


def twin_of(emulated: Models, model_id: str) -> dict[str, Any]:
    contents = emulated.contents(model_id)
    assert contents is not None
    return {
        "$metadata": {"$model": model_id},
        **{name: {"$metadata": {}} for name in contents.components},
        **{name: "a" for name, schema in contents.properties.items() if not list(schema.violations("a", name))},
    }


@settings(max_examples=100, deadline=None)
@given(models=model_sets(), data=st.data())
def test_whatever_the_models_the_next_versions_are_taken_and_so_are_the_twins(
    models: dict[str, Any], data: st.DataObject
) -> None:
    untaggable = sorted(find_untaggable(ROLES, models))
    needed = set(data.draw(st.lists(st.sampled_from(untaggable)))) if untaggable else set()
    shuffled = data.draw(st.permutations(sorted(models)))
    emulated = emulate()
    for model in models.values():
        emulated.add([model])

    upgrade = plan_upgrade(ROLES, models, needed)

    assert set(upgrade.moves) | set(upgrade.refused) == needed
    assert set(upgrade.moves) & set(upgrade.refused) == set()
    assert plan_upgrade(ROLES, {key: models[key] for key in shuffled}, needed) == upgrade
    for model in upgrade.models:
        emulated.add([model])
    for old, new in upgrade.moves.items():
        twin = create_twin("t", twin_of(emulated, old), emulated, NOW)
        moved = patch_twin(twin, parse_patch(move_to(new)), emulated, NOW)
        assert body(moved) == {**body(twin), "tags": {"role": "Earth"}}
    again = plan_upgrade(ROLES, after(models, upgrade), needed)
    assert (again.models, again.moves) == ((), upgrade.moves)


@settings(max_examples=50, deadline=None)
@given(models=model_sets(), data=st.data())
def test_after_a_part_of_the_upload_the_rest_is_taken(models: dict[str, Any], data: st.DataObject) -> None:
    upgrade = plan_upgrade(ROLES, models, models)
    part = upgrade.models[: data.draw(st.integers(0, len(upgrade.models)))]
    there = {**models, **{each["@id"]: each for each in part}}
    emulated = emulate()
    for model in there.values():
        emulated.add([model])

    rest = plan_upgrade(ROLES, there, upgrade.moves)

    assert set(rest.moves) == set(upgrade.moves)
    for model in rest.models:
        emulated.add([model])


def test_the_example_of_the_page_is_what_is_done() -> None:
    page = (ROOT / "docs" / "model-upgrade.md").read_text()
    before, created, patch = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", page, re.DOTALL))
    models = {each["@id"]: each for each in before}

    upgrade = plan_upgrade(ROLES, models, models)

    assert list(upgrade.models) == created
    assert patch == move_to(upgrade.moves["dtmi:example:Room;1"])
