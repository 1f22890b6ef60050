"""Onto an instance that a team has run for years: its twins, its other tags and other people's rights stay."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from azure.digitaltwins.core import DigitalTwinsClient

from tests.conftest import FixedToken, LocalAzure, local_azure

pytestmark = pytest.mark.acceptance

SUBSCRIPTION = "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-plant"
INSTANCE = f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt-plant"
DATA_READER = "d57506d4-4c8d-48b1-8587-93c323f6a5a3"
OPERATOR = "51aa0000-0000-4000-8000-000000000041"
MODEL = {
    "@id": "dtmi:plant:Machine;1",
    "@type": "Interface",
    "@context": "dtmi:dtdl:context;3",
    "contents": [
        {
            "@type": "Property",
            "name": "tags",
            "schema": {
                "@type": "Map",
                "mapKey": {"name": "key", "schema": "string"},
                "mapValue": {"name": "value", "schema": "string"},
            },
        }
    ],
}
TWINS = [f"machine-{number:02}" for number in range(40)]
# Half of the first twenty are right already; one has a role that is another's.
TAGS: dict[str, dict[str, str]] = {
    **{twin: {"role": "Earth", "floor": "1"} for twin in TWINS[:10]},
    TWINS[10]: {"role": "Fire"},
    TWINS[39]: {"owner": "someone"},
}
MANIFEST = f"""
version: 1
property: tags
key: role
encoding: value
roles: {{Earth: {{}}, Fire: {{}}, Wind: {{}}}}
tags:
  - {{role: Earth, twins: [{", ".join(TWINS[:20])}]}}
"""


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAzure]:
    with local_azure(tmp_path_factory.mktemp("plant")) as azure:
        (azure.project / "manifest.yaml").write_text(MANIFEST)
        azure.configure(manifest="manifest.yaml", instance={"resourceId": INSTANCE}, graph=None)
        azure.start()
        run_for_years(azure)
        yield azure


def run_for_years(azure: LocalAzure) -> None:
    azure.manage("PUT", GROUP, {"location": "westeurope"}, version="2024-03-01")
    azure.manage("PUT", INSTANCE, {"location": "westeurope"}, version="2023-01-31")
    client = client_of(azure)
    client.create_models([MODEL])
    for twin in TWINS:
        body: dict[str, Any] = {"$metadata": {"$model": MODEL["@id"]}}
        client.upsert_digital_twin(twin, {**body, "tags": TAGS[twin]} if twin in TAGS else body)
    assignment = f"{INSTANCE}/providers/Microsoft.Authorization/roleAssignments/9d5a9c0e-0000-4000-8000-000000000001"
    role = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{DATA_READER}"
    azure.manage(
        "PUT",
        assignment,
        {"properties": {"principalId": OPERATOR, "principalType": "User", "roleDefinitionId": role}},
    )


def client_of(azure: LocalAzure) -> DigitalTwinsClient:
    host = azure.manage("GET", INSTANCE, version="2023-01-31")["properties"]["hostName"]
    return DigitalTwinsClient(f"https://{host}", FixedToken(azure.token("owner")), connection_verify=azure.ca_file)


def tags_of(azure: LocalAzure) -> dict[str, dict[str, str]]:
    client = client_of(azure)
    return {twin: dict(client.get_digital_twin(twin).get("tags") or {}) for twin in TWINS}


def foreign_assignments(azure: LocalAzure) -> list[str]:
    path = f"{INSTANCE}/providers/Microsoft.Authorization/roleAssignments"
    found = azure.manage("GET", path)["value"]
    return [item["name"] for item in found if item["properties"]["principalId"] == OPERATOR]


def test_only_what_the_plan_shows_changes_and_a_destroy_leaves_instance_twins_and_tags(plant: LocalAzure) -> None:
    before = tags_of(plant)
    writes = plant.twin_writes()

    preview = plant.make("preview")

    assert preview.returncode == 0, preview.stdout + preview.stderr
    assert plant.twin_writes() == writes
    assert "digitaltwins:DigitalTwin: (read)" in preview.stdout
    up = plant.make("up")
    assert up.returncode == 0, up.stdout + up.stderr
    # Ten were right already.
    assert plant.twin_writes() == writes + 10
    after = tags_of(plant)
    expected = {
        **before,
        **{twin: {"role": "Earth"} for twin in TWINS[10:20]},
    }
    assert after == expected
    assert plant.seen_by("earth") == set(TWINS[:20])

    again = plant.make("up")
    assert re.search(r"Resources:\s+\d+ unchanged", again.stdout), again.stdout
    assert len(foreign_assignments(plant)) == 1

    drift = plant.pulumi("--as", "drift", "preview", "--diff")
    assert drift.returncode == 0, drift.stdout + drift.stderr
    assert re.search(r"Resources:\s+\d+ unchanged", drift.stdout), drift.stdout

    down = plant.pulumi("destroy", "--skip-preview", "--yes")
    assert down.returncode == 0, down.stdout + down.stderr
    assert "DigitalTwin instance deleted" not in down.stdout
    assert tags_of(plant) == expected
    assert len(foreign_assignments(plant)) == 1
