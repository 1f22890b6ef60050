"""tools/azure/make-state.sh against a stand-in for the Azure CLI that writes down what it is asked."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent.parent / "tools" / "azure" / "make-state.sh"
DEPLOYER = "77b20000-0000-4000-8000-000000000001"
READER = "77b20000-0000-4000-8000-000000000003"
ARGUMENTS = ["rg-state", "westeurope", "stpulumi", "kv-pulumi", DEPLOYER, READER]
Run = Callable[..., tuple[subprocess.CompletedProcess[str], list[str]]]
AZ = """#!/usr/bin/env bash
echo "$@" >> "$AZ_LOG"
case "$1 $2 $3" in
  "keyvault show --name") grep -q "keyvault create" "$AZ_LOG" || exit 3; echo /vault ;;
  "keyvault key show") exit 3 ;;
  "keyvault key create") [ "$(grep -c "key create" "$AZ_LOG")" -ge 2 ] ;;
  "storage account show") echo /account ;;
  "ad signed-in-user show") echo 00000000-0000-0000-0000-000000000009 ;;
esac
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    (tmp_path / "az").write_text(AZ)
    (tmp_path / "az").chmod(0o755)
    log = tmp_path / "log"
    log.touch()

    def run_so(*arguments: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
        environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "AZ_LOG": str(log), "TWIN_RBAC_PAUSE": "0"}
        done = subprocess.run(
            [str(SCRIPT), *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        return done, log.read_text().splitlines()

    return run_so


def test_it_makes_a_container_without_keys_and_a_key_for_secrets_and_says_how_to_use_them(run: Run) -> None:
    done, calls = run(*ARGUMENTS)

    assert done.returncode == 0, done.stderr
    (account,) = [call for call in calls if call.startswith("storage account create")]
    assert "--allow-shared-key-access false" in account
    assert "--allow-blob-public-access false" in account
    (versions,) = [call for call in calls if "blob-service-properties" in call]
    assert "--enable-versioning true" in versions
    (vault,) = [call for call in calls if call.startswith("keyvault create")]
    assert "--enable-rbac-authorization true" in vault
    assert done.stdout.splitlines() == [
        'pulumi login "azblob://state?storage_account=stpulumi"',
        'pulumi stack init <stack> --secrets-provider "azurekeyvault://kv-pulumi.vault.azure.net/keys/pulumi"',
    ]


def test_the_deployer_may_write_the_state_and_a_reader_may_only_read_it(run: Run) -> None:
    _, calls = run(*ARGUMENTS)

    container = "/account/blobServices/default/containers/state"
    roles = [call for call in calls if call.startswith("role assignment create")]
    written = f"--assignee-object-id {DEPLOYER} --assignee-principal-type ServicePrincipal"
    assert (
        f"role assignment create {written} --role Storage Blob Data Contributor --scope {container} --output none"
        in roles
    )
    of_reader = [call for call in roles if READER in call]
    assert [call.split("--role ")[1].split(" --scope")[0] for call in of_reader] == [
        "Storage Blob Data Reader",
        "Key Vault Crypto User",
    ]


def test_it_waits_until_its_own_role_on_the_vault_acts(run: Run) -> None:
    done, calls = run(*ARGUMENTS)

    assert len([call for call in calls if call.startswith("keyvault key create")]) == 2
    assert "waiting until the role on the vault acts" in done.stderr


@pytest.mark.parametrize(
    ("position", "value", "expected"),
    [
        (2, "St-Pulumi", "ACCOUNT is 'St-Pulumi', and must be 3-24 lower-case letters and digits"),
        (3, "1", "VAULT is '1', and must be"),
        (4, "deployer@example.com", "'deployer@example.com' is no object id"),
        (5, "reader", "'reader' is no object id"),
    ],
)
def test_a_wrong_argument_is_named_before_anything_is_made(run: Run, position: int, value: str, expected: str) -> None:
    arguments = [*ARGUMENTS]
    arguments[position] = value

    done, calls = run(*arguments)

    assert done.returncode == 1
    assert expected in done.stderr
    assert calls == []


def test_without_arguments_it_explains_itself(run: Run) -> None:
    done, _ = run()

    assert done.returncode == 1
    assert "usage: tools/azure/make-state.sh GROUP LOCATION ACCOUNT VAULT DEPLOYER" in done.stderr
