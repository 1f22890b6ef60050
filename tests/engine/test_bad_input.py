"""What a person can get wrong: the message says what and where, and nothing is changed."""

import re
import socket
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.engine

MANIFEST = "examples/tenants/role-tags.yaml"
CONFIG = "Pulumi.local.yaml"
FIRE = '{role: Fire, twins: [B, "3"]}'

# What is wrong -> file, what stood there, what stands there now, what the message must say.
MISTAKES = {
    "unknown role": (MANIFEST, FIRE, '{role: Fyre, twins: [B, "3"]}', r"role-tags\.yaml:\d+:\d+: .*Fyre.*"),
    "duplicated twin": (MANIFEST, FIRE, '{role: Fire, twins: [A, B, "3"]}', r"role-tags\.yaml:\d+:\d+: .*A.*"),
    "missing twin": (
        MANIFEST,
        FIRE,
        '{role: Fire, twins: [B, "3", Z]}',
        r"role-tags\.yaml:\d+:\d+: .*'?Z'?.*create it",
    ),
    "wrong YAML": (MANIFEST, FIRE, '{role: Fire, twins: [B, "3"', r"role-tags\.yaml:\d+:\d+: "),
    "role name with a quote": (MANIFEST, "Wind: {}", '"Wi\'nd": {}', r"role-tags\.yaml:\d+:\d+: .*Wi'nd"),
    "no tenants": (
        CONFIG,
        "digital-twins-rbac:tenants:",
        "other:tenants:",
        r"digital-twins-rbac:tenants is missing; give",
    ),
    "unknown key": (
        CONFIG,
        "digital-twins-rbac:instance: {protect: false}",
        "digital-twins-rbac:instnce: {protect: false}",
        r"digital-twins-rbac:instnce is not a setting; did you mean instance\?",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_place_and_nothing_changes(mistake: str, azure_at_rest: Any) -> None:
    path, old, new, message = MISTAKES[mistake]
    azure_at_rest.rewrite(path, old, new)
    before = azure_at_rest.twin_writes(), azure_at_rest.outputs()

    up = azure_at_rest.make("up")

    assert up.returncode != 0
    assert re.search(message, up.stdout + up.stderr), up.stdout + up.stderr
    assert "Traceback" not in up.stdout + up.stderr
    assert (azure_at_rest.twin_writes(), azure_at_rest.outputs()) == before


def test_a_port_in_use_is_named_with_the_way_out(azure_at_rest: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        up = azure_at_rest.run(
            sys.executable,
            "-m",
            "emulator",
            "up",
            "--detach",
            environment={"PORT": str(port), "TWIN_RBAC_LOCAL": str(azure_at_rest.local / "other")},
        )

    assert up.returncode == 1
    assert str(port) in up.stderr
    assert "PORT=" in up.stderr
    assert "Traceback" not in up.stderr
