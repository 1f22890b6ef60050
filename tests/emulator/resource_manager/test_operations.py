import pytest

from emulator.resource_manager.operations import ACTIONS, DATA_ACTIONS, find_unknown, matches


@pytest.mark.parametrize(
    ("pattern", "operation", "covered"),
    [
        ("*", "Microsoft.DigitalTwins/query/action", True),
        ("*/read", "Microsoft.DigitalTwins/digitaltwins/read", True),
        ("*/read", "Microsoft.DigitalTwins/digitaltwins/write", False),
        ("microsoft.digitaltwins/QUERY/*", "Microsoft.DigitalTwins/query/action", True),
        # The trap of fact sheet adt-rbac, section 3: this wildcard grants relationships too.
        ("Microsoft.DigitalTwins/digitaltwins/*", "Microsoft.DigitalTwins/digitaltwins/relationships/write", True),
        ("Microsoft.DigitalTwins/digitaltwins/read", "Microsoft.DigitalTwins/digitaltwins/relationships/read", False),
        # A dot is a dot.
        ("Microsoft.DigitalTwins/query/action", "MicrosoftXDigitalTwins/query/action", False),
    ],
)
def test_a_string_covers_what_its_one_wildcard_allows(pattern: str, operation: str, *, covered: bool) -> None:
    assert matches(pattern, operation) is covered


def test_an_operation_that_there_is_not_is_found() -> None:
    assert find_unknown(["Microsoft.DigitalTwins/models/*", "*/read"], DATA_ACTIONS) is None
    assert find_unknown(["Microsoft.DigitalTwins/twins/read"], DATA_ACTIONS) == "Microsoft.DigitalTwins/twins/read"
    assert find_unknown(["Microsoft.*/digitaltwins/*"], DATA_ACTIONS) == "Microsoft.*/digitaltwins/*"


@pytest.mark.parametrize(
    "action",
    [
        # What the gateway's identity reads in Resource Manager.
        "Microsoft.Authorization/roleAssignments/read",
        "Microsoft.Authorization/roleDefinitions/read",
        "Microsoft.Authorization/locks/write",
        "Microsoft.DigitalTwins/digitalTwinsInstances/delete",
        "Microsoft.DigitalTwins/digitalTwinsInstances/endpoints/write",
        "Microsoft.DigitalTwins/digitalTwinsInstances/timeSeriesDatabaseConnections/read",
        "Microsoft.Insights/diagnosticSettings/write",
        "Microsoft.Network/virtualNetworks/subnets/join/action",
        "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
        "Microsoft.Resources/subscriptions/resourceGroups/read",
        "Microsoft.Storage/storageAccounts/blobServices/containers/read",
        "Microsoft.Web/sites/basicPublishingCredentialsPolicies/scm/write",
        "Microsoft.Web/sites/config/read",
        "Microsoft.Web/sites/publish/Action",
        "Microsoft.Web/serverFarms/join/action",
    ],
)
def test_a_custom_role_may_name_what_the_local_azure_checks(action: str) -> None:
    assert find_unknown([action], ACTIONS) is None


def test_actions_and_data_actions_are_two_lists() -> None:
    assert not set(ACTIONS) & set(DATA_ACTIONS)
    assert find_unknown(["Microsoft.DigitalTwins/query/action"], ACTIONS) is not None
    assert find_unknown(["Microsoft.DigitalTwins/operations/read"], DATA_ACTIONS) is not None
