from collections.abc import Callable
from typing import Any

import pulumi
from pulumi_azure_native import resources

from components.lock import Lock, LockArgs

Build = Callable[..., Any]


def program() -> None:
    group = resources.ResourceGroup("group", resource_group_name="rg")
    Lock("lock", LockArgs(scope="/instances/adt-1", notes="why"), pulumi.ResourceOptions(depends_on=[group]))


def test_a_lock_keeps_from_deleting_and_not_from_changing(build_in_both_modes: Build) -> None:
    assert build_in_both_modes(program).one("azure-native:authorization:ManagementLockByScope").inputs == {
        "scope": "/instances/adt-1",
        "lockName": "do-not-delete",
        "level": "CanNotDelete",
        "notes": "why",
    }


def test_the_lock_waits_for_what_it_is_told_to_so_that_a_destroy_removes_it_first(build: Build) -> None:
    request = build(program).requests["lock"]

    assert request.type == "azure-native:authorization:ManagementLockByScope"
    assert [urn.rsplit("::", 1)[1] for urn in request.dependencies] == ["group"]
