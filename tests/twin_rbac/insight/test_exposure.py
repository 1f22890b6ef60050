from typing import Any

import pytest

from tests.twin_rbac.insight.previews import (
    ASSIGNMENTS,
    CUSTOM,
    EARTH,
    FIRE,
    GROUP,
    INSTANCE,
    INSTANCE_ID,
    SUBSCRIPTION,
    UNKNOWN,
    WEB_APP,
    document,
    grant,
    grant_urn,
    markers,
    state,
    step,
    urn,
)
from twin_rbac.insight.exposed import Exposure
from twin_rbac.insight.exposure import find_exposure
from twin_rbac.insight.preview_file import read_preview

READER = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
ENDPOINT = urn("digital-twins-rbac:index:PrivateAccess$azure-native:network:PrivateEndpoint", "instance-access")


def look(*steps: Any, names: dict[str, str] | None = None) -> list[Exposure]:
    return list(find_exposure(read_preview(document(*steps)), names or {}))


def allow(*addresses: str) -> dict[str, Any]:
    return {"siteConfig": {"ipSecurityRestrictions": [{"action": "Allow", "ipAddress": item} for item in addresses]}}


@pytest.mark.parametrize(("old", "new", "widens"), [("Disabled", "Enabled", True), ("Enabled", "Disabled", False)])
def test_public_access_is_told_and_wider_when_it_opens(old: str, new: str, *, widens: bool) -> None:
    (item,) = look(step("update", INSTANCE, state({"publicNetworkAccess": old}), state({"publicNetworkAccess": new})))

    assert (item.what, item.old, item.new, item.widens) == ("public access", (old,), (new,), widens)


def test_a_setting_that_is_left_out_is_open_by_default() -> None:
    (item,) = look(step("update", INSTANCE, state({"publicNetworkAccess": "Disabled"}), state({})))

    assert (item.new, item.widens) == ((), True)


@pytest.mark.parametrize(
    ("old", "new", "gone", "come", "widens"),
    [
        (["10.0.0.0/8"], ["10.0.0.0/8", "203.0.113.0/24"], (), ("203.0.113.0/24",), True),
        (["10.0.0.0/8", "203.0.113.0/24"], ["10.0.0.0/8"], ("203.0.113.0/24",), (), False),
        ([], ["0.0.0.0/0"], (), ("0.0.0.0/0",), True),
    ],
)
def test_addresses_that_come_and_go_are_named(
    old: list[str], new: list[str], gone: tuple[str, ...], come: tuple[str, ...], *, widens: bool
) -> None:
    (item,) = look(step("update", WEB_APP, state(allow(*old)), state(allow(*new))))

    assert (item.what, item.old, item.new, item.widens) == ("allowed addresses", gone, come, widens)


def test_a_refusal_that_goes_is_wider() -> None:
    old = state({"siteConfig": {"ipSecurityRestrictions": [{"action": "Deny", "ipAddress": "198.51.100.0/24"}]}})

    (item,) = look(step("update", WEB_APP, old, state(allow())))

    assert (item.old, item.widens) == (("Deny 198.51.100.0/24",), True)


def test_the_default_of_everybody_else_is_told() -> None:
    old, new = (state({"siteConfig": {"ipSecurityRestrictionsDefaultAction": action}}) for action in ("Deny", "Allow"))

    (item,) = look(step("update", WEB_APP, old, new))

    assert (item.what, item.new, item.widens) == ("everybody else's calls", ("Allow",), True)


@pytest.mark.parametrize(("operation", "what", "widens"), [("create", "comes", False), ("delete", "goes", True)])
def test_a_private_endpoint_that_comes_or_goes_is_told(operation: str, what: str, *, widens: bool) -> None:
    states = (None, state({})) if operation == "create" else (state({}), None)

    (item,) = look(step(operation, ENDPOINT, *states))

    assert (item.type, item.what, item.widens) == ("network:PrivateEndpoint", what, widens)


def test_a_role_that_is_no_marker_is_told_with_who_gets_it() -> None:
    new = state({"principalId": EARTH, "roleDefinitionId": READER, "scope": SUBSCRIPTION})
    where = urn(f"{ASSIGNMENTS}$azure-native:authorization:RoleAssignment", "readers-x")

    (item,) = look(step("create", where, None, new), names={EARTH: "earth"})

    shown = (f"earth: Reader at {SUBSCRIPTION}",)
    assert (item.what, item.old, item.new, item.widens) == ("role assignment", (), shown, True)


def test_a_marker_role_is_not_told_here() -> None:
    assert look(*markers("Earth"), step("create", grant_urn("Earth", EARTH), None, grant("Earth", EARTH))) == []
    hidden = grant("Earth", EARTH, known=False)
    assert look(*markers("Earth"), step("create", grant_urn("Earth", EARTH), None, hidden)) == []


def test_an_assignment_to_the_same_identity_made_anew_is_told_and_no_wider() -> None:
    where = urn(f"{ASSIGNMENTS}$azure-native:authorization:RoleAssignment", "gateway-x")
    old, new = (state({"principalId": who, "roleDefinitionId": READER, "scope": GROUP}) for who in (EARTH, UNKNOWN))

    (item,) = look(step("replace", where, old, new))

    assert (item.new, item.widens) == (("(known at the update): Reader at …/resourceGroups/rg",), False)


def test_a_principal_that_comes_from_elsewhere_is_wider() -> None:
    old, new = (state({"principalId": who, "roleDefinitionId": READER, "scope": GROUP}) for who in (EARTH, UNKNOWN))
    new["propertyDependencies"] = {"principalId": [WEB_APP]}

    assert look(step("replace", ASSIGNMENT, old, new))[0].widens


def test_a_role_definition_that_gains_an_action_is_wider() -> None:
    where = urn(f"{CUSTOM}$azure-native:authorization:RoleDefinition", "tagger-role")
    old, new = (
        state({"permissions": [{"dataActions": actions, "notDataActions": ["x"]}]})
        for actions in (["digitaltwins/read"], ["digitaltwins/read", "digitaltwins/delete"])
    )

    (item,) = look(step("update", where, old, new))

    assert (item.resource, item.what, item.new, item.widens) == (
        "tagger-role",
        "dataActions",
        ("digitaltwins/delete",),
        True,
    )


def test_an_exception_that_goes_from_a_role_is_wider() -> None:
    where = urn(f"{CUSTOM}$azure-native:authorization:RoleDefinition", "tagger-role")
    old, new = (state({"permissions": [{"notActions": actions}]}) for actions in (["*/delete"], []))

    (item,) = look(step("update", where, old, new))

    assert (item.old, item.widens) == (("*/delete",), True)


@pytest.mark.parametrize("operation", ["update", "delete"])
def test_sign_in_settings_that_change_are_told(operation: str) -> None:
    where = urn("digital-twins-rbac:index:Gateway$azure-native:web:WebAppAuthSettingsV2", "gateway-sign-in")
    old, new = state({"platform": {"enabled": True}}), state({"platform": {"enabled": False}})

    (item,) = look(step(operation, where, old, *([new] if operation == "update" else [])))

    assert item.widens


def test_what_is_wider_stands_first() -> None:
    found = look(
        step("create", ENDPOINT, None, state({})),
        step("update", WEB_APP, state(allow()), state(allow("10.0.0.0/8"))),
    )

    assert [item.widens for item in found] == [True, False]


def test_an_app_setting_is_no_exposure() -> None:
    assert look(step("update", WEB_APP, state({"siteConfig": {"x": "a"}}), state({"siteConfig": {"x": "b"}}))) == []


OWNER = READER.replace("acdd72a7-3385-48ef-bd42-f606fba81ae7", "bcd981a7-7f74-457b-83e1-cceb9e632ffe")
ASSIGNMENT = urn(f"{ASSIGNMENTS}$azure-native:authorization:RoleAssignment", "owners-x")


def owner(scope: str) -> dict[str, Any]:
    return state({"principalId": EARTH, "roleDefinitionId": OWNER, "scope": scope})


@pytest.mark.parametrize(
    ("old", "new", "shown", "widens"),
    [
        (INSTANCE_ID, SUBSCRIPTION, SUBSCRIPTION, True),
        (SUBSCRIPTION, INSTANCE_ID, "…/digitalTwinsInstances/adt", False),
        (INSTANCE_ID, INSTANCE_ID.replace("/rg/", "/other/"), INSTANCE_ID.replace("/rg/", "/other/"), True),
    ],
)
def test_a_role_that_moves_to_another_scope_is_told(old: str, new: str, shown: str, *, widens: bool) -> None:
    (item,) = look(step("replace", ASSIGNMENT, owner(old), owner(new)), names={EARTH: "earth"})

    assert (item.new, item.widens) == ((f"earth: Azure Digital Twins Data Owner at {shown}",), widens)


def test_the_same_scope_in_another_case_is_no_move() -> None:
    assert look(step("replace", ASSIGNMENT, owner(INSTANCE_ID), owner(f"{INSTANCE_ID.upper()}/"))) == []


def test_a_role_that_is_called_as_a_marker_is_told() -> None:
    custom = urn(f"{CUSTOM}$azure-native:authorization:RoleDefinition", "Fire")
    guid = "99999999-0000-4000-8000-000000000000"
    definition = state({"roleDefinitionId": guid, "permissions": [{"dataActions": ["*"]}]})
    new = state(
        {"principalId": EARTH, "roleDefinitionId": f"{SUBSCRIPTION}/roleDefinitions/{guid}", "scope": INSTANCE_ID},
        propertyDependencies={"roleDefinitionId": [custom]},
    )

    found = look(*markers("Fire"), step("create", custom, None, definition), step("create", ASSIGNMENT, None, new))

    assert [(item.what, item.new, item.widens) for item in found] == [
        ("role assignment", (f"{EARTH}: Fire at …/digitalTwinsInstances/adt",), True),
        ("dataActions", ("*",), True),
    ]


def test_the_case_of_a_setting_does_not_count() -> None:
    old, new, closed = (state({"publicNetworkAccess": value}) for value in ("Enabled", "enabled", "disabled"))

    assert look(step("update", INSTANCE, old, new)) == []
    assert look(step("update", INSTANCE, closed, new))[0].widens


ACCOUNT = urn("azure-native:storage:StorageAccount", "host")
CLOSED_ACCOUNT = {
    "publicNetworkAccess": "Disabled",
    "allowSharedKeyAccess": False,
    "networkRuleSet": {"defaultAction": "Deny"},
}
CLOSED_SITE = {"publicNetworkAccess": "Disabled", "httpsOnly": True}


@pytest.mark.parametrize(
    ("where", "inputs", "told"),
    [
        (INSTANCE, {}, {"public access": "(Azure's default)"}),
        (INSTANCE, {"publicNetworkAccess": "Enabled"}, {"public access": "Enabled"}),
        (INSTANCE, {"publicNetworkAccess": "Disabled"}, {}),
        (ACCOUNT, CLOSED_ACCOUNT, {}),
        (ACCOUNT, {**CLOSED_ACCOUNT, "allowSharedKeyAccess": True}, {"access by account key": "True"}),
        (ACCOUNT, {**CLOSED_ACCOUNT, "publicNetworkAccess": "Enabled"}, {"public access": "Enabled"}),
        (WEB_APP, CLOSED_SITE, {}),
        (WEB_APP, {**CLOSED_SITE, "httpsOnly": False}, {"calls by HTTPS only": "False"}),
        (
            WEB_APP,
            {"httpsOnly": True, "siteConfig": {"scmIpSecurityRestrictionsUseMain": True}},
            {"public access": "(Azure's default)", "everybody else's calls": "(Azure's default)"},
        ),
        (
            urn("azure-native:digitaltwins:DigitalTwinsEndpoint", "hub"),
            {"endpointName": "hub"},
            {"events go to an endpoint": "hub"},
        ),
        (
            urn("azuread:index/applicationPreAuthorized:ApplicationPreAuthorized", "client"),
            {"authorizedClientId": FIRE},
            {"client that need not ask for consent": FIRE},
        ),
        (
            urn("azuread:index/appRoleAssignment:AppRoleAssignment", "earth"),
            {"principalObjectId": EARTH},
            {"sign-in of a principal": EARTH},
        ),
        (
            urn(f"{CUSTOM}$azure-native:authorization:RoleDefinition", "all"),
            {"permissions": [{"actions": ["Microsoft.Storage/*"], "dataActions": ["x/read"]}]},
            {"actions": "Microsoft.Storage/*"},
        ),
    ],
)
def test_what_is_made_is_compared_with_what_is_closed(where: str, inputs: dict[str, Any], told: dict[str, str]) -> None:
    found = look(step("create", where, None, state(inputs)))

    assert {item.what: item.new[0] for item in found} == told
    assert all(item.widens for item in found)


@pytest.mark.parametrize(
    ("where", "name", "old", "new"),
    [
        (WEB_APP, "httpsOnly", True, False),
        (urn("azure-native:web:WebAppScmAllowed", "gateway-scm"), "allow", False, True),
        (urn("azuread:index/servicePrincipal:ServicePrincipal", "gateway"), "appRoleAssignmentRequired", True, False),
    ],
)
def test_a_guard_that_is_turned_off_is_told(where: str, name: str, *, old: bool, new: bool) -> None:
    (off,) = look(step("update", where, state({name: old}), state({name: new})))
    (on,) = look(step("update", where, state({name: new}), state({name: old})))

    assert (off.new, off.widens, on.widens) == ((str(new),), True, False)


def test_a_lock_that_goes_is_told() -> None:
    where = urn("azure-native:authorization:ManagementLockByScope", "instance-lock")

    (item,) = look(step("delete", where, state({"level": "CanNotDelete"})))

    assert (item.old, item.widens) == (("CanNotDelete",), True)


def test_a_closed_resource_that_goes_opens_nothing() -> None:
    assert look(step("delete", INSTANCE, state({"publicNetworkAccess": "Disabled"}))) == []
