from typing import Any

import pytest

from tests.twin_rbac.insight.previews import (
    EARTH,
    INSTANCE,
    INSTANCE_ID,
    ROLE_TAGS,
    TWINS,
    UNKNOWN,
    WEB_APP,
    document,
    grant,
    grant_urn,
    role_tags,
    state,
    step,
    urn,
)
from twin_rbac.insight.changes import Property, ResourceChange, find_changes, find_losses, short_type
from twin_rbac.insight.preview import Operation
from twin_rbac.insight.preview_file import read_preview

SIGN_IN = urn("digital-twins-rbac:index:Gateway$azure-native:web:WebAppAuthSettingsV2", "gateway-sign-in")


def changes(*steps: Any, names: dict[str, str] | None = None) -> tuple[ResourceChange, ...]:
    return find_changes(read_preview(document(*steps)), names or {})


def test_an_update_names_the_properties_and_no_value() -> None:
    old = state({"siteConfig": {"appSettings": [{"name": "KEY", "value": "s3cret"}], "alwaysOn": True}})
    new = state(
        {"siteConfig": {"appSettings": [{"name": "KEY", "value": "0ther"}], "alwaysOn": True}, "tags": {"a": "b"}}
    )

    (item,) = changes(step("update", WEB_APP, old, new))

    assert [prop.path for prop in item.properties] == ["siteConfig.appSettings", "tags"]
    assert all(prop.old is None and prop.new is None for prop in item.properties)


def test_public_access_is_shown_with_its_values() -> None:
    old, new = (state({"publicNetworkAccess": value}) for value in ("Enabled", "Disabled"))

    (item,) = changes(step("update", INSTANCE, old, new))

    assert item.properties == (Property(path="publicNetworkAccess", old="Enabled", new="Disabled"),)


def test_a_secret_in_a_property_that_may_be_shown_is_not_shown() -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:x"}

    (item,) = changes(step("update", INSTANCE, state({"location": "a"}), state({"location": secret})))

    assert all(value in {None, "a"} for prop in item.properties for value in (prop.old, prop.new))


def test_a_role_assignment_says_who_gets_which_role_where() -> None:
    names = {EARTH: f"earth ({EARTH})", "736735b9-0000-4000-8000-000000000000": "Earth"}

    (item,) = changes(step("create", grant_urn("Earth", EARTH), None, grant("Earth", EARTH)), names=names)

    assert {prop.path: prop.new for prop in item.properties} == {
        "principalId": f"earth ({EARTH})",
        "principalType": "Group",
        "roleDefinitionId": "Earth",
        "scope": "…/digitalTwinsInstances/adt",
    }


def test_a_value_that_is_not_known_yet_is_marked() -> None:
    (item,) = changes(step("update", WEB_APP, state({"serverFarmId": "x"}), state({"serverFarmId": UNKNOWN})))

    assert item.properties == (Property(path="serverFarmId", unknown=True),)


def test_what_forces_a_replacement_is_marked() -> None:
    old, new = (state({"location": value, "sku": value}) for value in "ab")

    (item,) = changes(step("replace", INSTANCE, old, new, replaceReasons=["location"]))

    assert {prop.path: prop.forces for prop in item.properties} == {"location": True, "sku": False}


def test_the_twins_of_role_tags_are_no_properties() -> None:
    (item,) = changes(step("update", ROLE_TAGS, role_tags(TWINS), role_tags({"A": "Fire"})))

    assert [prop.path for prop in item.properties] == ["twins"]


def test_the_most_drastic_change_stands_first_and_components_are_left_out() -> None:
    found = changes(
        step("create", grant_urn("Earth", EARTH), None, grant("Earth", EARTH)),
        step("update", WEB_APP, state({"kind": "a"}), state({"kind": "b"})),
        step("replace", ROLE_TAGS, role_tags(TWINS), role_tags(TWINS)),
        step("delete", INSTANCE, state({})),
        step("create", urn("digital-twins-rbac:index:Gateway", "gateway"), None, state({}, custom=False)),
        step("create", urn("pulumi:providers:azure-native", "default"), None, state({})),
    )

    assert [(item.operation.value, item.name) for item in found] == [
        ("delete", "instance"),
        ("replace", "role-tags"),
        ("update", "gateway"),
        ("create", f"tenants-Earth-{EARTH}"),
    ]


@pytest.mark.parametrize("operation", ["replace", "delete"])
def test_an_instance_that_would_be_lost_is_found(operation: str) -> None:
    states = [state({"location": "a"})] * (2 if operation == "replace" else 1)

    (loss,) = find_losses(read_preview(document(step(operation, INSTANCE, *states))))

    assert (loss.operation, loss.name) == (Operation(operation), "instance")


def test_sign_in_settings_that_would_be_deleted_are_found() -> None:
    (loss,) = find_losses(read_preview(document(step("delete", SIGN_IN, state({})))))

    assert loss.type == "web:WebAppAuthSettingsV2"


def test_an_instance_that_is_updated_is_no_loss() -> None:
    preview = read_preview(document(step("update", INSTANCE, state({"tags": {}}), state({"tags": {"a": "b"}}))))

    assert find_losses(preview) == ()


@pytest.mark.parametrize(
    ("token", "short"),
    [
        ("azure-native:web:WebApp", "web:WebApp"),
        ("azuread:index/application:Application", "azuread:Application"),
        ("pulumi-python:dynamic/digital-twins-rbac:RoleTags", "RoleTags"),
        ("digital-twins-rbac:index:Gateway", "Gateway"),
    ],
)
def test_a_type_is_shortened_to_what_a_reader_needs(token: str, short: str) -> None:
    assert short_type(token) == short


def test_an_id_that_is_the_instances_own_ends_with_its_name() -> None:
    (item,) = changes(step("update", WEB_APP, state({"scope": INSTANCE_ID}), state({"scope": "/"})))

    assert (item.properties[0].old, item.properties[0].new) == ("…/digitalTwinsInstances/adt", "/")
