import inspect
import re
from typing import Any

import pytest
from pulumi_azure_native import authorization, digitaltwins, resources

from emulator.provider.translate import input_shapes
from emulator.resource_manager.resource_types import RESOURCE_TYPES, ResourceType, find_by_token

CLASSES: dict[str, Any] = {
    "azure-native:resources:ResourceGroup": resources.ResourceGroup,
    "azure-native:digitaltwins:DigitalTwin": digitaltwins.DigitalTwin,
    "azure-native:authorization:RoleDefinition": authorization.RoleDefinition,
    "azure-native:authorization:RoleAssignment": authorization.RoleAssignment,
}


def inputs_of_the_sdk(token: str) -> set[str]:
    parameters = set(inspect.signature(CLASSES[token]._internal_init).parameters)
    names = parameters - {"__self__", "resource_name", "opts", "__props__"}
    return {re.sub(r"_(\w)", lambda match: match[1].upper(), name.rstrip("_")) for name in names}


@pytest.mark.parametrize("row", RESOURCE_TYPES, ids=lambda row: row.type)
def test_the_table_has_the_inputs_of_the_real_sdk_and_no_others(row: ResourceType) -> None:
    assert {*input_shapes(row), *row.not_supported} == inputs_of_the_sdk(row.token)


@pytest.mark.parametrize("row", RESOURCE_TYPES, ids=lambda row: row.type)
def test_what_forces_a_replacement_is_an_input(row: ResourceType) -> None:
    assert set(row.replaces) <= {*input_shapes(row)}
    assert set(row.path_inputs) <= set(row.replaces)


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("adt", True),
        ("a" * 63, True),
        ("Adt-1", True),
        ("ad", False),
        ("a" * 64, False),
        ("-adt", False),
        ("adt-", False),
        ("adt_1", False),
    ],
)
def test_the_name_rule_of_an_instance_is_the_services(name: str, *, good: bool) -> None:
    row = find_by_token("azure-native:digitaltwins:DigitalTwin")

    assert row is not None
    assert bool(re.fullmatch(row.name_pattern, name)) is good
