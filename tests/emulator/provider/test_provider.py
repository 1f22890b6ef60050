from typing import Any

import pytest
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import PropertyDiffKind

from emulator.provider.errors import AlreadyExists, NotInLocalAzure, ProviderError, Refused, SettingMissing
from emulator.provider.provider import INPUTS
from emulator.provider.wire import UNKNOWN, read_properties
from tests.emulator.provider.engine import SUBSCRIPTION_ID, Engine

GROUP_TOKEN = "azure-native:resources:ResourceGroup"
TWIN_TOKEN = "azure-native:digitaltwins:DigitalTwin"
ROLE_TOKEN = "azure-native:authorization:RoleDefinition"
GROUP_ID = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg"
TWIN_ID = f"{GROUP_ID}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt"
TWIN = {"resourceGroupName": "rg", "resourceName": "adt", "identity": {"type": "SystemAssigned"}}


@pytest.fixture
def engine(emulator: Any) -> Engine:
    return Engine(emulator.environment("deployer"), subscriptionId=SUBSCRIPTION_ID)


@pytest.fixture
def group(engine: Engine) -> dict[str, Any]:
    """The state of a resource group in westeurope."""
    made = engine.create(GROUP_TOKEN, {"resourceGroupName": "rg", "location": "westeurope"})
    assert made.resource_id == GROUP_ID
    return read_properties(made.properties)


@pytest.fixture
def offline() -> Engine:
    """What needs no Resource Manager must not ask for one."""
    return Engine({}, subscriptionId=SUBSCRIPTION_ID, location="westeurope")


def test_check_fills_in_defaults_and_names_what_is_wrong(offline: Engine) -> None:
    good = offline.check(TWIN_TOKEN, TWIN)
    bad = offline.check(TWIN_TOKEN, {"resourceName": "x_y", "publicNetworkAccess": "Maybe"})

    assert read_properties(good.inputs or {}) == {**TWIN, "location": "westeurope"}
    assert good.failures == []
    assert [failure.property for failure in bad.failures or []] == [
        "resourceGroupName",
        "publicNetworkAccess",
        "resourceName",
    ]


def test_a_type_that_the_local_azure_does_not_have_is_named(offline: Engine) -> None:
    with pytest.raises(NotInLocalAzure, match="the local Azure has no azure-native:web:StaticSite; see docs/"):
        offline.check("azure-native:web:StaticSite", {})


def test_a_secret_stays_one_in_inputs_outputs_and_the_copy_in_the_state(engine: Engine) -> None:
    tags = PropertyValue({"key": PropertyValue("hidden", is_secret=True)})
    inputs = {"resourceGroupName": "rg", "location": "westeurope", "tags": tags}

    checked = engine.check(GROUP_TOKEN, inputs).inputs or {}
    made = engine.create(GROUP_TOKEN, checked).properties
    previewed = engine.create(GROUP_TOKEN, checked, preview=True).properties

    assert checked["tags"].is_secret
    assert previewed["tags"].is_secret
    assert made["tags"].is_secret
    assert made[INPUTS].is_secret
    assert not made["location"].is_secret


def test_nothing_changed_is_no_difference(offline: Engine) -> None:
    assert offline.diff(TWIN_TOKEN, TWIN, TWIN).changes is False


def test_a_changed_tag_is_an_update_in_place(offline: Engine) -> None:
    diff = offline.diff(TWIN_TOKEN, {**TWIN, "tags": {"a": "1"}}, {**TWIN, "tags": {"a": "2"}})

    assert (diff.changes, diff.replaces, diff.delete_before_replace) == (True, [], False)
    assert {path: entry.kind for path, entry in diff.detailed_diff.items()} == {"tags.a": PropertyDiffKind.UPDATE}
    assert all(entry.input_diff for entry in diff.detailed_diff.values())


@pytest.mark.parametrize(
    ("token", "key", "kind"),
    [
        (TWIN_TOKEN, "location", "UPDATE_REPLACE"),
        (TWIN_TOKEN, "resourceName", "UPDATE_REPLACE"),
        ("azure-native:authorization:RoleAssignment", "principalId", "UPDATE_REPLACE"),
        ("azure-native:authorization:RoleAssignment", "scope", "UPDATE_REPLACE"),
        # azure-native sends it under the old name, whatever Azure says to that.
        ("azure-native:authorization:RoleAssignment", "roleDefinitionId", "UPDATE"),
        (ROLE_TOKEN, "roleName", "UPDATE"),
    ],
)
def test_what_forces_a_replacement_is_azure_natives_choice(offline: Engine, token: str, key: str, kind: str) -> None:
    diff = offline.diff(token, {key: "a"}, {key: "b"})

    assert diff.detailed_diff[key].kind == PropertyDiffKind[kind]
    assert diff.replaces == ([key] if kind == "UPDATE_REPLACE" else [])
    assert diff.delete_before_replace is (kind == "UPDATE_REPLACE")


def test_a_resource_with_a_made_up_name_is_replaced_before_the_old_one_goes(offline: Engine) -> None:
    inputs = read_properties(offline.check(TWIN_TOKEN, {"resourceGroupName": "rg"}).inputs or {})

    diff = offline.diff(TWIN_TOKEN, inputs, {**inputs, "location": "northeurope"})

    assert diff.replaces == ["location"]
    assert diff.delete_before_replace is False


def test_a_name_that_is_given_at_last_frees_the_made_up_one_afterwards(offline: Engine) -> None:
    old = read_properties(offline.check(TWIN_TOKEN, {"resourceGroupName": "rg"}).inputs or {})

    diff = offline.diff(TWIN_TOKEN, old, {"resourceGroupName": "rg", "resourceName": "adt", "location": "westeurope"})

    assert diff.replaces == ["resourceName"]
    assert diff.delete_before_replace is False


@pytest.mark.parametrize(("location", "kind"), [("westeurope", "ADD"), ("northeurope", "ADD_REPLACE")])
def test_to_say_what_is_so_already_replaces_nothing(offline: Engine, location: str, kind: str) -> None:
    diff = offline.diff(TWIN_TOKEN, TWIN, {**TWIN, "location": location}, outputs={"location": "westeurope"})

    assert diff.detailed_diff["location"].kind == PropertyDiffKind[kind]
    assert diff.replaces == ([] if kind == "ADD" else ["location"])


@pytest.mark.parametrize(
    ("old", "new", "kinds"),
    [
        ({"tags": {"a": "1"}}, {"tags": {"a": "1", "b": "2"}}, {"tags.b": "ADD"}),
        ({"tags": {"a": "1", "b": "2"}}, {"tags": {"a": "1"}}, {"tags.b": "DELETE"}),
        ({"tags": {"a": "1"}}, {}, {"tags": "DELETE"}),
        ({"location": "westeurope"}, {}, {"location": "DELETE_REPLACE"}),
    ],
)
def test_a_difference_says_what_happened_to_each_property(offline: Engine, old: Any, new: Any, kinds: Any) -> None:
    diff = offline.diff(TWIN_TOKEN, {**TWIN, **old}, {**TWIN, **new})

    assert {path: entry.kind.name for path, entry in diff.detailed_diff.items()} == kinds


def test_a_preview_of_a_new_resource_asks_nobody_and_keeps_what_is_unknown(offline: Engine) -> None:
    response = offline.create(TWIN_TOKEN, {**TWIN, "resourceGroupName": UNKNOWN, "tags": {"a": UNKNOWN}}, preview=True)

    outputs = read_properties(response.properties)
    assert response.resource_id == ""
    assert outputs["hostName"] == outputs["identity"] == UNKNOWN
    assert outputs["tags"] == {"a": UNKNOWN}


def test_a_preview_of_a_change_knows_only_what_azure_native_takes_for_certain(offline: Engine) -> None:
    old = {"name": "adt", "location": "westeurope", "hostName": "h", "identity": {"principalId": "p"}}

    outputs = offline.update(TWIN_TOKEN, TWIN_ID, old, {**TWIN, "tags": {"a": "1"}}, preview=True)

    assert (outputs["name"], outputs["location"], outputs["tags"]) == ("adt", "westeurope", {"a": "1"})
    assert outputs["hostName"] == outputs["identity"] == UNKNOWN


@pytest.mark.usefixtures("group")
def test_an_instance_is_made_changed_and_deleted(engine: Engine, emulator: Any) -> None:
    made = engine.create(TWIN_TOKEN, TWIN)
    outputs = read_properties(made.properties)
    changed = engine.update(TWIN_TOKEN, TWIN_ID, outputs, {**TWIN, "tags": {"a": "1"}})

    assert made.resource_id == TWIN_ID
    assert outputs["location"] == "westeurope"  # the resource group's
    assert outputs["hostName"].startswith("localhost:")
    assert outputs["identity"]["principalId"]
    assert outputs[INPUTS] == TWIN
    assert changed["tags"] == {"a": "1"}
    engine.delete(TWIN_TOKEN, TWIN_ID)
    engine.delete(TWIN_TOKEN, TWIN_ID)
    assert emulator.call("GET", TWIN_ID, version="2023-01-31").status_code == 404


def test_what_is_there_already_is_not_taken_over(engine: Engine, group: Any) -> None:
    with pytest.raises(AlreadyExists, match=f"cannot create already existing resource '{GROUP_ID}'"):
        engine.create(GROUP_TOKEN, {"resourceGroupName": "rg", "location": "westeurope"})


def test_a_missing_parent_and_a_refusal_are_said_in_azures_words(engine: Engine) -> None:
    with pytest.raises(ProviderError, match="resource group 'rg' could not be found"):
        engine.create(TWIN_TOKEN, TWIN)
    with pytest.raises(Refused, match="ResourceGroupNotFound"):
        engine.create(TWIN_TOKEN, {**TWIN, "location": "westeurope"})


def test_it_acts_as_the_principal_of_its_environment(emulator: Any) -> None:
    tagger = Engine(emulator.environment("tagger"), subscriptionId=SUBSCRIPTION_ID)

    with pytest.raises(Refused, match=r"AuthorizationFailed.*77b2a000-0000-4000-8000-000000000002"):
        tagger.create(GROUP_TOKEN, {"resourceGroupName": "rg", "location": "westeurope"})


def test_the_id_of_a_role_is_the_one_that_azure_answers(engine: Engine, group: Any) -> None:
    guid = "aaaaaaaa-0000-4000-8000-000000000001"
    inputs = {"scope": GROUP_ID, "roleDefinitionId": guid, "roleName": "r", "assignableScopes": [GROUP_ID]}

    made = engine.create(ROLE_TOKEN, inputs)
    changed = engine.update(ROLE_TOKEN, str(made.resource_id), {}, {**inputs, "description": "d"})

    canonical = f"/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Authorization/roleDefinitions/{guid}"
    assert made.resource_id == canonical
    assert changed["description"] == "d"
    assert engine.read(ROLE_TOKEN, canonical, changed).resource_id == canonical


def test_a_change_is_sent_to_the_scope_of_the_inputs(engine: Engine, group: Any) -> None:
    guid = "aaaaaaaa-0000-4000-8000-000000000001"
    inputs = {"scope": GROUP_ID, "roleDefinitionId": guid, "roleName": "r", "assignableScopes": [GROUP_ID]}
    sent: list[str] = []
    engine.create(ROLE_TOKEN, inputs)
    manager = engine.provider._manager
    assert manager is not None
    manager.session.hooks["response"].append(lambda answer, **_: sent.append(str(answer.request.path_url)))

    engine.update(ROLE_TOKEN, "/the-id-in-the-state", {}, inputs)

    assert [path.partition("?")[0] for path in sent] == [
        f"{GROUP_ID}/providers/Microsoft.Authorization/roleDefinitions/{guid}"
    ]


def test_a_refusal_has_azures_code_and_no_line_of_code(engine: Engine, group: Any) -> None:
    inputs = {
        "scope": GROUP_ID,
        "roleAssignmentName": "aaaaaaaa-0000-4000-8000-000000000002",
        "principalId": "0f3c0000-0000-4000-8000-000000000010",
        "principalType": "User",
        "roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7",
    }

    with pytest.raises(Refused) as failure:
        engine.create("azure-native:authorization:RoleAssignment", inputs)

    message = (
        "The PrincipalId '0f3c0000-0000-4000-8000-000000000010' has type 'Group', which is different from specified "
        "PrincipalType 'User'."
    )
    assert str(failure.value) == f'Status=400 Code="UnmatchedPrincipalType" Message="{message}"'


def test_a_refresh_shows_what_was_changed_by_hand(engine: Engine, group: Any, emulator: Any) -> None:
    body = {"location": "westeurope", "tags": {"hand": "made"}}
    emulator.call("PUT", GROUP_ID, body, version="2021-04-01").raise_for_status()

    response = engine.read(GROUP_TOKEN, GROUP_ID, group)

    assert read_properties(response.inputs) == {**group[INPUTS], "tags": {"hand": "made"}}
    state = read_properties(response.properties)
    assert state[INPUTS]["tags"] == state["tags"] == {"hand": "made"}
    assert engine.diff(GROUP_TOKEN, state[INPUTS], group[INPUTS]).diffs == ["tags"]


def test_a_refresh_of_what_nobody_changed_changes_nothing(engine: Engine, group: Any) -> None:
    response = engine.read(GROUP_TOKEN, GROUP_ID, group)

    assert response.resource_id == GROUP_ID
    assert read_properties(response.properties) == group
    assert read_properties(response.inputs) == group[INPUTS]


def test_what_is_gone_is_empty(engine: Engine) -> None:
    response = engine.read(GROUP_TOKEN, GROUP_ID, {"name": "rg", INPUTS: {}})

    assert (response.resource_id, response.properties, response.inputs) == ("", {}, {})


def test_a_resource_can_be_imported(engine: Engine, group: Any) -> None:
    response = engine.read(GROUP_TOKEN, GROUP_ID)

    assert read_properties(response.inputs) == {"resourceGroupName": "rg", "location": "westeurope"}


def test_it_says_who_is_asking_and_where(engine: Engine) -> None:
    assert engine.invoke("azure-native:authorization:getClientConfig") == {
        "clientId": "77b2a000-0000-4000-8000-000000000001",
        "objectId": "77b20000-0000-4000-8000-000000000001",
        "subscriptionId": SUBSCRIPTION_ID,
        "tenantId": "8f14e45f-ceea-467f-a9d2-4b5b1e0c7a01",
    }


def test_a_function_or_a_setting_that_there_is_not_is_named(offline: Engine, emulator: Any) -> None:
    with pytest.raises(NotInLocalAzure, match="function azure-native:storage:listKeys"):
        offline.invoke("azure-native:storage:listKeys")
    unset = Engine(emulator.environment("deployer"))
    with pytest.raises(SettingMissing, match="azure-native:subscriptionId is not set"):
        unset.create(GROUP_TOKEN, {"resourceGroupName": "rg", "location": "westeurope"})
    with pytest.raises(SettingMissing, match="azure-native:location is not set"):
        Engine(emulator.environment("deployer"), subscriptionId=SUBSCRIPTION_ID).create(
            GROUP_TOKEN, {"resourceGroupName": "rg"}
        )
