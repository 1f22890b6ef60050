"""A production environment from its first `up` to its end, everything that the profile and the config can ask for."""

import re
import time
from collections.abc import Iterator
from itertools import pairwise

import pytest

from tests.conftest import MANIFEST, LocalAzure, local_azure
from tests.engine.surroundings import (
    ADDRESS,
    DATABASE,
    DEAD_LETTERS,
    GROUP,
    HUB,
    SUBSCRIPTION,
    TOPIC,
    make_surroundings,
)

pytestmark = pytest.mark.acceptance

PULL_REQUEST = "77b20000-0000-4000-8000-000000000004"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
INSTANCE = {
    "endpoints": {"events": {"eventHub": HUB, "deadLetter": DEAD_LETTERS}, "alarms": {"serviceBus": TOPIC}},
    "routes": {"all": {"endpoint": "events"}, "alarms": {"endpoint": "alarms", "filter": "type = 'x'"}},
    "history": {"database": DATABASE, "endpointUri": ADDRESS, "eventHub": HUB},
    "lock": "CanNotDelete",
}


@pytest.fixture(scope="module")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAzure]:
    with local_azure(tmp_path_factory.mktemp("prod")) as azure:
        azure.configure(profile="prod", gateway={"assignmentRequired": False}, instance=INSTANCE)
        azure.start()
        make_surroundings(azure)
        yield azure


def test_a_production_stack_lives_from_its_first_up_to_its_end(prod: LocalAzure) -> None:
    first = prod.make("up")

    assert first.returncode == 0, first.stdout + first.stderr
    assert "earth  1, 2, A\nfire  3, B\nwind  1, 2, 3, A, B\nstranger  (none)\n" in first.stdout
    assert "instance.lock keeps everybody from deleting the instance, and also from removing role" in first.stdout
    instance_id = prod.outputs()["instanceId"]
    assert prod.manage("GET", instance_id, version="2023-01-31")["properties"]["publicNetworkAccess"] == "Disabled"
    routes = {route.id: route.endpoint_name for route in prod.client().list_event_routes()}
    assert routes == {"all": "events", "alarms": "alarms"}

    second = prod.make("up")

    assert second.returncode == 0, second.stdout + second.stderr
    assert re.search(r"Resources:\s+\d+ unchanged", second.stdout), second.stdout

    policies = prod.make("preview")
    assert policies.returncode == 0, policies.stdout + policies.stderr
    assert "Every policy of policy_pack passed." in policies.stdout

    with_few_rights(prod)
    from_outside(prod)

    # From here on the documented way down: first it is refused.
    guarded = prod.pulumi("destroy", "--yes")
    assert guarded.returncode != 0
    assert "cannot be deleted" in guarded.stdout + guarded.stderr
    assert "protected" in guarded.stdout + guarded.stderr
    assert {twin["$dtId"] for twin in prod.client().query_twins("SELECT * FROM DIGITALTWINS")} == set("AB123")

    prod.configure(instance={**{key: item for key, item in INSTANCE.items() if key != "lock"}, "protect": False})
    unlocked = prod.make("up")
    assert unlocked.returncode == 0, unlocked.stdout + unlocked.stderr
    down = prod.pulumi("destroy", "--skip-preview", "--yes")

    assert down.returncode == 0, down.stdout + down.stderr
    assert_order(
        down.stdout,
        "EventRoutes event-routes deleted",
        "DigitalTwinsEndpoint",
        "digitaltwins:DigitalTwin instance deleted",
    )
    assert_order(down.stdout, "RoleAssignment tenants-Earth-", "RoleDefinition marker-roles-Earth deleted")
    again = prod.pulumi("destroy", "--skip-preview", "--yes")
    assert again.returncode == 0, again.stdout + again.stderr
    assert not re.search(r"- \d+ deleted", again.stdout)


def with_few_rights(azure: LocalAzure) -> None:
    """Who looks for drift and who previews a pull request read everything and write nothing."""
    azure.manage(
        "PUT",
        f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/9d5a9c0e-0000-4000-8000-000000000002",
        {
            "properties": {
                "principalId": PULL_REQUEST,
                "principalType": "ServicePrincipal",
                "roleDefinitionId": f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{READER}",
            }
        },
    )
    writes = azure.twin_writes()
    for name in ("drift", "pull-request"):
        preview = azure.pulumi("--as", name, "preview", "--diff")
        assert preview.returncode == 0, preview.stdout + preview.stderr
        assert re.search(r"Resources:\s+\d+ unchanged", preview.stdout), preview.stdout
        said = (preview.stdout + preview.stderr).splitlines()
        unseen = {line.strip() for line in said if "were not looked at" in line}
        # The engine refreshes and previews in two processes; they say the same sentence.
        assert len(unseen) == (name == "pull-request"), unseen
    drift = azure.pulumi("--as", "drift", "refresh", "--preview-only", "--expect-no-changes")
    assert drift.returncode == 0, drift.stdout + drift.stderr
    assert azure.twin_writes() == writes


def from_outside(azure: LocalAzure) -> None:
    """From another network nothing of the data plane is reached, and each step says so at once."""
    said = "takes calls from inside its network alone"
    azure.rewrite(MANIFEST, 'twins: [B, "3"]', 'twins: ["3"]')
    azure.control("PUT", "/_control/faults", {"outside": True})
    try:
        writes = azure.twin_writes()
        preview = azure.make("preview")
        assert preview.returncode == 0, preview.stdout + preview.stderr
        assert said in preview.stdout + preview.stderr
        assert '- B: "Fire"' in preview.stdout
        started = time.monotonic()
        up = azure.make("up")
        assert up.returncode != 0
        assert said in up.stdout + up.stderr
        assert "Traceback" not in up.stderr
        assert time.monotonic() - started < 60, "it waited for a role instead of saying what is wrong"
        assert azure.twin_writes() == writes
    finally:
        azure.control("PUT", "/_control/faults", {"outside": False})
    inside = azure.make("up")
    assert inside.returncode == 0, inside.stdout + inside.stderr
    assert "fire  3\n" in inside.stdout


def assert_order(text: str, *parts: str) -> None:
    """The last line with each part stands after those with the part before it."""
    lines = [line for line in text.splitlines() if "deleted" in line]
    places = [[number for number, line in enumerate(lines) if part in line] for part in parts]
    assert all(places), (parts, lines)
    assert all(max(before) < max(after) for before, after in pairwise(places)), (parts, lines)
