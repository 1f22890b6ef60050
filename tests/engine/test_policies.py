"""The policy pack on the real engine: ours passes, and a program that breaks a policy is stopped."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from policy_pack.rules import RULES
from tools.policies import PACK, get_policy_pack

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parent.parent.parent
# Appended to our program: together they break every rule.
BREAKING = """

from pulumi_azure_native import authorization, digitaltwins, resources, storage, web  # noqa: E402

SUBSCRIPTION = "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002"
ROLES = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
EARTH = "0f3c0000-0000-4000-8000-000000000010"
GROUP = "rg-digital-twins-rbac-local"

authorization.RoleAssignment(
    "app-owns",
    scope=f"{SUBSCRIPTION}/resourceGroups/{GROUP}",
    role_assignment_name="6fa459ea-ee8a-5ca4-894e-db77e160355e",
    principal_id="77b20000-0000-4000-8000-000000000001",
    principal_type="ServicePrincipal",
    role_definition_id=f"{ROLES}/bcd981a7-7f74-457b-83e1-cceb9e632ffe",
)
authorization.RoleAssignment(
    "earth-reads",
    scope=SUBSCRIPTION,
    principal_id=EARTH,
    principal_type="Group",
    role_definition_id=f"{ROLES}/d57506d4-4c8d-48b1-8587-93c323f6a5a3",
    condition="@Resource[Microsoft.DigitalTwins/tags] StringEquals 'Earth'",
    condition_version="2.0",
)
authorization.RoleDefinition(
    "marker-roles-Water",
    scope=f"{SUBSCRIPTION}/resourceGroups/{GROUP}",
    role_definition_id="0f8fad5b-d9cb-469f-a165-70867728950e",
    role_name="Water",
    assignable_scopes=[f"{SUBSCRIPTION}/resourceGroups/{GROUP}"],
    permissions=[authorization.PermissionArgs(actions=[], data_actions=["Microsoft.DigitalTwins/query/*"])],
)
resources.ResourceGroup("tagged", resource_group_name="rg-tagged", tags={"profile": "prod"})
digitaltwins.DigitalTwin("bare", resource_group_name=GROUP, resource_name_="bare")
storage.StorageAccount(
    "keys",
    resource_group_name=GROUP,
    account_name="stwithkeys",
    kind=storage.Kind.STORAGE_V2,
    sku=storage.SkuArgs(name=storage.SkuName.STANDARD_LRS),
)
web.WebApp("open", resource_group_name=GROUP, name="func-open", https_only=False)
"""


@pytest.fixture
def breaking(azure_at_rest: Any) -> Iterator[Any]:
    """The shared stack with a program that breaks every policy; nothing of it is ever made."""
    yield with_more(azure_at_rest, BREAKING)
    shutil.copy(ROOT / "__main__.py", azure_at_rest.project)


def with_more(azure: Any, declarations: str) -> Any:
    program = azure.project / "__main__.py"
    program.write_text(program.read_text() + declarations)
    return azure


def violated(text: str) -> set[str]:
    return set(re.findall(r"\[mandatory\]\s+([a-z-]+)\s", text))


def test_our_program_passes(azure_at_rest: Any) -> None:
    preview = azure_at_rest.make("preview")

    assert preview.returncode == 0, preview.stdout + preview.stderr
    assert violated(preview.stdout) == set()
    assert "digital-twins-rbac" in preview.stdout.partition("Policy Packs run:")[2]
    assert preview.stdout.endswith("Every policy of policy_pack passed.\n")


def test_make_preview_of_a_program_that_breaks_every_policy_names_each_and_fails(breaking: Any) -> None:
    preview = breaking.make("preview")

    text = preview.stdout + preview.stderr
    assert preview.returncode == 1
    assert violated(text) == {rule.name for rule in RULES}
    assert [rule.name for rule in RULES if rule.sentence not in text] == []
    assert "give it a custom role with the permission scopes that it needs" in text
    assert "Traceback" not in text
    assert "passed." not in text


def test_the_packs_config_switches_a_policy_off_or_lets_it_warn_and_takes_prod_back_from_nobody(
    breaking: Any, tmp_path: Path
) -> None:
    config = tmp_path / "config.json"
    config.write_text(
        json.dumps(
            {
                "no-keys": "disabled",
                "diagnostics-present": "advisory",
                "no-public-access-in-prod": {"profile": "dev"},
            }
        )
    )
    pack = str(get_policy_pack(report=print))

    preview = breaking.pulumi("preview", "--policy-pack", pack, "--policy-pack-config", str(config))

    off = {"no-keys", "diagnostics-present"}
    assert violated(preview.stdout) == {rule.name for rule in RULES} - off
    assert "[advisory]  diagnostics-present" in preview.stdout


def test_an_update_stops_before_what_breaks_a_policy_is_made(azure: Any) -> None:
    with_more(azure, BREAKING.partition('authorization.RoleAssignment(\n    "earth-reads"')[0])
    pack = str(get_policy_pack(report=print))

    up = azure.pulumi("up", "--skip-preview", "--yes", "--policy-pack", pack)

    shutil.copy(ROOT / "__main__.py", azure.project)
    assert up.returncode != 0
    assert "no-data-owner-for-an-app" in violated(up.stdout)
    assert [urn for urn in urns(azure) if urn.endswith("::app-owns")] == []


def urns(azure: Any) -> list[str]:
    state = json.loads(azure.pulumi("stack", "export").stdout)
    return [item["urn"] for item in state["deployment"]["resources"]]


def test_the_packs_environment_is_made_whole_from_its_lock_file(tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    shutil.copytree(PACK, pack, ignore=shutil.ignore_patterns(".venv", ".venv.lock", "__pycache__"))
    said: list[str] = []

    assert get_policy_pack(report=said.append, pack=pack) == pack / "run"
    assert (pack / ".venv" / "bin" / "python").exists()
    assert len(said) == 2
    get_policy_pack(report=said.append, pack=pack)
    assert len(said) == 2
