"""Small previews, in the form of `pulumi preview --json`."""

import json
from typing import Any

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SUBSCRIPTION = "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg"
INSTANCE_ID = f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt"
EARTH, FIRE, WIND = (f"0f3c0000-0000-4000-8000-00000000000{number}" for number in (1, 2, 3))
GUIDS = {
    "Earth": "736735b9-0000-4000-8000-000000000000",
    "Fire": "d36cf296-0000-4000-8000-000000000000",
    "Wind": "1f18399d-0000-4000-8000-000000000000",
}
TWINS = {"A": "Earth", "1": "Earth", "2": "Earth", "B": "Fire", "3": "Fire"}
MARKERS = "digital-twins-rbac:index:MarkerRoles"
CUSTOM = "digital-twins-rbac:index:CustomRole"
ASSIGNMENTS = "digital-twins-rbac:index:RoleAssignments"

State = dict[str, Any]
Step = dict[str, Any]


def urn(types: str, name: str) -> str:
    return f"urn:pulumi:dev::digital-twins-rbac::{types}::{name}"


STACK = urn("pulumi:pulumi:Stack", "digital-twins-rbac-dev")
INSTANCE = urn("digital-twins-rbac:index:DigitalTwinsInstance$azure-native:digitaltwins:DigitalTwin", "instance")
ROLE_TAGS = urn("pulumi-python:dynamic/digital-twins-rbac:RoleTags", "role-tags")
BOUNDARY = urn("pulumi-python:dynamic/digital-twins-rbac:Boundary", "boundary")
WEB_APP = urn("digital-twins-rbac:index:Gateway$azure-native:web:WebApp", "gateway")


def state(inputs: State, *, parent: str | None = None, custom: bool = True, **others: Any) -> State:
    return {"inputs": inputs, "custom": custom, **({"parent": parent} if parent else {}), **others}


def step(op: str, where: str, old: State | None = None, new: State | None = None, **others: Any) -> Step:
    states = {name: value for name, value in (("oldState", old), ("newState", new)) if value is not None}
    return {"op": op, "urn": where, **states, **others, "detailedDiff": None}


def same(where: str, what: State) -> Step:
    return step("same", where, what, what)


def marker(role: str, guid: str | None = None) -> State:
    inputs = {"roleDefinitionId": guid or GUIDS[role], "roleName": f"{role} (digital-twins-rbac/dev)"}
    return state(inputs, parent=urn(f"{MARKERS}${CUSTOM}", f"marker-roles-{role}"))


def marker_urn(role: str) -> str:
    return urn(f"{MARKERS}${CUSTOM}$azure-native:authorization:RoleDefinition", f"marker-roles-{role}")


def markers(*roles: str) -> list[Step]:
    group = urn(MARKERS, "marker-roles")
    return [
        same(group, state({}, custom=False)),
        *(
            same(urn(f"{MARKERS}${CUSTOM}", f"marker-roles-{role}"), state({}, parent=group, custom=False))
            for role in roles
        ),
        *(same(marker_urn(role), marker(role)) for role in roles),
    ]


def grant_urn(role: str, principal_id: str) -> str:
    return urn(f"{ASSIGNMENTS}$azure-native:authorization:RoleAssignment", f"tenants-{role}-{principal_id}")


def grant(role: str, principal_id: str, *, known: bool = True) -> State:
    definition = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{GUIDS[role]}"
    inputs = {
        "principalId": principal_id,
        "principalType": "Group",
        "roleDefinitionId": definition if known else UNKNOWN,
        "scope": INSTANCE_ID if known else UNKNOWN,
    }
    return state(inputs, propertyDependencies={"roleDefinitionId": [marker_urn(role)], "scope": [INSTANCE]})


def grants(*pairs: tuple[str, str]) -> list[Step]:
    return [same(grant_urn(role, principal_id), grant(role, principal_id)) for role, principal_id in pairs]


def role_tags(twins: Any, *, unlisted: dict[str, str] | None = None, rule: str = "report") -> State:
    rules = {"key": "role", "property": "tags", "roles": list(GUIDS), "unlisted": rule}
    inputs = {"__provider": "gASV", "instanceId": INSTANCE_ID, "rules": rules, "twins": twins}
    outputs = {"twins": twins, "unlisted": unlisted or {}}
    return state(inputs, outputs=outputs, propertyDependencies={"instanceId": [INSTANCE]})


def boundary(**tenants: str) -> State:
    return state({"tenants": {name: {"principalId": each, "principalType": "Group"} for name, each in tenants.items()}})


HELD = [("Earth", EARTH), ("Fire", FIRE), ("Earth", WIND), ("Fire", WIND), ("Wind", WIND)]
NAMES = {"earth": EARTH, "fire": FIRE, "wind": WIND}


def scenario(*, without: tuple[str, ...] = ()) -> list[Step]:
    """The stack at rest, each resource as a step `same`, but for those whose URNs are given."""
    steps = [
        same(STACK, state({}, custom=False)),
        same(INSTANCE, state({"location": "westeurope", "publicNetworkAccess": "Enabled"})),
        *markers(*GUIDS),
        *grants(*HELD),
        same(BOUNDARY, boundary(**NAMES)),
        same(ROLE_TAGS, role_tags(TWINS)),
    ]
    return [item for item in steps if item["urn"] not in without]


def document(*steps: Step, tenants: dict[str, Any] | None = None, diagnostics: list[Any] | None = None) -> Any:
    config = {
        "digital-twins-rbac:manifest": "role-tags.yaml",
        **({"digital-twins-rbac:tenants": json.dumps(tenants)} if tenants else {}),
    }
    return {"config": config, "steps": list(steps), "diagnostics": diagnostics or [], "changeSummary": {}}
