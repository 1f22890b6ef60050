from collections.abc import Callable
from typing import Any

import pytest

from emulator.clock import Clock
from emulator.entra.directory import GROUP, SERVICE_PRINCIPAL, USER, Directory, Principal, StandingAssignment
from emulator.faults import Faults
from emulator.resource_manager.authorization import (
    MANAGED_IDENTITIES,
    ROLE_ASSIGNMENTS,
    ROLE_DEFINITIONS,
    AccessControl,
)
from emulator.resource_manager.errors import AuthorizationFailed, StandingRoleUnknown
from emulator.resource_manager.propagation import Propagation
from emulator.storage import Storage

SUBSCRIPTION = "/subscriptions/s"
GROUP_ID = f"{SUBSCRIPTION}/resourceGroups/rg"
INSTANCE = f"{GROUP_ID}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt"
READ = "Microsoft.DigitalTwins/digitaltwins/read"
WRITE = "Microsoft.DigitalTwins/digitaltwins/write"

DIRECTORY = Directory(
    tenant_id="t",
    subscription_id="s",
    principals=(
        Principal(name="ann", object_id="a1", type=USER),
        Principal(name="bob", object_id="b1", type=USER),
        Principal(name="team", object_id="c1", type=GROUP, members=("a1",)),
        Principal(name="company", object_id="c2", type=GROUP, members=("c1",)),
        Principal(name="app", object_id="d1", type=SERVICE_PRINCIPAL, app_id="d2"),
        Principal(name="owner", object_id="e1", type=SERVICE_PRINCIPAL, app_id="e2", owner=True),
    ),
    standing_assignments=(StandingAssignment("app", "Contributor", SUBSCRIPTION),),
)


class World:
    def __init__(self) -> None:
        self.storage, self.clock, self.faults = Storage(), Clock(), Faults()
        self.access = AccessControl(self.storage, self.clock, self.faults, DIRECTORY)
        self._propagation = Propagation(self.storage, self.clock, self.faults)

    def define(self, guid: str, **permission: list[str]) -> None:
        self.storage.put(ROLE_DEFINITIONS, guid, {"permissions": [permission], "assignableScopes": [SUBSCRIPTION]})

    def assign(self, key: str, principal: str, guid: str, scope: str = INSTANCE) -> None:
        properties = {"principalId": principal, "roleDefinitionId": f"/roles/{guid}", "scope": scope}
        self._propagation.note_new(key)
        self.storage.put(ROLE_ASSIGNMENTS, key, {"id": key, "name": key, "properties": properties})

    def remove(self, key: str) -> None:
        document = self.storage.get(ROLE_ASSIGNMENTS, key)
        assert document is not None
        self._propagation.note_removed(key, document)
        self.storage.delete(ROLE_ASSIGNMENTS, key)

    def may_read(self, principal: str = "a1", scope: str = INSTANCE) -> bool:
        return self.access.allows_data(principal, READ, scope)


@pytest.fixture
def world() -> World:
    world = World()
    world.define("reader", dataActions=["Microsoft.DigitalTwins/*"], notDataActions=[WRITE])
    return world


def test_without_an_assignment_nothing_is_allowed(world: World) -> None:
    assert not world.may_read()
    assert not world.access.allows("a1", "Microsoft.DigitalTwins/digitalTwinsInstances/read", INSTANCE)
    assert not world.may_read("nobody-knows-it")


@pytest.mark.parametrize("holder", ["a1", "c1", "c2"])
def test_an_assignment_acts_for_the_principal_and_for_all_members_of_a_group(world: World, holder: str) -> None:
    world.assign("1", holder, "reader")

    assert world.may_read("a1")
    assert world.may_read("A1")
    assert not world.may_read("b1")


@pytest.mark.parametrize(("scope", "acts"), [(SUBSCRIPTION, True), (GROUP_ID.upper(), True), (f"{INSTANCE}2", False)])
def test_an_assignment_acts_at_its_scope_and_below(world: World, scope: str, *, acts: bool) -> None:
    world.assign("1", "a1", "reader", scope)

    assert world.may_read() is acts


def test_what_a_role_takes_away_another_may_still_grant(world: World) -> None:
    world.assign("1", "a1", "reader")
    assert not world.access.allows_data("a1", WRITE, INSTANCE)

    world.define("writer", dataActions=[WRITE])
    world.assign("2", "a1", "writer")

    assert world.access.allows_data("a1", WRITE, INSTANCE)


def test_a_role_for_resource_manager_opens_no_data_plane_and_the_other_way_round(world: World) -> None:
    world.assign("1", "a1", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635")
    world.assign("2", "b1", "reader")

    assert not world.may_read("a1")
    assert not world.access.allows("b1", "Microsoft.DigitalTwins/digitalTwinsInstances/read", INSTANCE)


def test_a_contributor_writes_everything_but_authorization(world: World) -> None:
    assert world.access.allows("d1", "Microsoft.DigitalTwins/digitalTwinsInstances/write", INSTANCE)
    assert world.access.allows("d1", "Microsoft.Authorization/roleAssignments/read", INSTANCE)
    assert not world.access.allows("d1", "Microsoft.Authorization/roleAssignments/write", INSTANCE)


def test_the_owner_of_the_emulator_may_do_everything(world: World) -> None:
    assert world.may_read("e1")
    assert world.access.allows("e1", "Microsoft.Authorization/roleAssignments/write", "/")


def test_a_refusal_names_client_object_action_and_scope(world: World) -> None:
    with pytest.raises(AuthorizationFailed) as failure:
        world.access.require("d1", "Microsoft.Authorization/roleAssignments/write", GROUP_ID)

    assert failure.value.message == (
        "The client 'd2' with object id 'd1' does not have authorization to perform action "
        f"'Microsoft.Authorization/roleAssignments/write' over scope '{GROUP_ID}' or the scope is invalid. If access "
        "was recently granted, please refresh your credentials."
    )


def test_a_refusal_names_an_identity_by_its_client_id_where_it_has_one(world: World) -> None:
    world.storage.put(MANAGED_IDENTITIES, "f1", {"resourceId": "/x", "clientId": "f2"})
    world.storage.put(MANAGED_IDENTITIES, "g1", {"resourceId": "/y"})

    assert [world.access.client_id(object_id) for object_id in ("f1", "g1", "h1")] == ["f2", "g1", "h1"]
    assert [world.access.principal_type(object_id) for object_id in ("F1", "g1", "h1")] == [
        SERVICE_PRINCIPAL,
        SERVICE_PRINCIPAL,
        None,
    ]


@pytest.mark.parametrize(
    ("role", "data_action", "allowed"),
    [
        ("b7e6dc6d-f1e8-4753-8033-0f276bb0955b", "blobs/read", True),
        ("b7e6dc6d-f1e8-4753-8033-0f276bb0955b", "blobs/delete", True),
        ("b7e6dc6d-f1e8-4753-8033-0f276bb0955b", "blobs/tags/write", True),
        ("ba92f5b4-2d11-453d-a403-e96b0029c9fe", "blobs/write", True),
        ("ba92f5b4-2d11-453d-a403-e96b0029c9fe", "blobs/tags/write", False),
        ("2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", "blobs/read", True),
        ("2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", "blobs/write", False),
        # Owner manages the account, and its blobs are another plane.
        ("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "blobs/read", False),
        ("3913510d-42f4-4e42-8a64-420c390055eb", "blobs/read", False),
    ],
)
def test_a_built_in_role_opens_the_blobs_of_the_containers_below_its_scope(
    world: World, role: str, data_action: str, *, allowed: bool
) -> None:
    account = f"{GROUP_ID}/providers/Microsoft.Storage/storageAccounts/st"
    world.assign("1", "a1", role, account)
    action = f"Microsoft.Storage/storageAccounts/blobServices/containers/{data_action}"

    assert world.access.allows_data("a1", action, f"{account}/blobServices/default/containers/c") is allowed
    assert not world.access.allows_data("a1", action, f"{account}2/blobServices/default/containers/c")


def test_metrics_are_published_by_those_who_hold_the_role_at_the_component(world: World) -> None:
    component = f"{GROUP_ID}/providers/Microsoft.Insights/components/ai"
    world.assign("1", "d1", "3913510d-42f4-4e42-8a64-420c390055eb", component)

    assert world.access.allows_data("d1", "Microsoft.Insights/Metrics/Write", component)
    assert not world.access.allows_data("d1", "Microsoft.Insights/Metrics/Write", GROUP_ID)


def test_a_standing_assignment_of_a_role_that_there_is_not_is_named(world: World) -> None:
    wrong = StandingAssignment("app", "Onwer", SUBSCRIPTION)
    directory = Directory(
        tenant_id="t", subscription_id="s", principals=DIRECTORY.principals, standing_assignments=(wrong,)
    )

    with pytest.raises(StandingRoleUnknown, match=r"'app' names the role 'Onwer': write one of .*Contributor.*Owner"):
        AccessControl(world.storage, world.clock, world.faults, directory)


def test_a_new_assignment_acts_on_the_data_plane_after_the_delay(world: World) -> None:
    world.faults.role_propagation = 60
    world.assign("1", "a1", "reader")
    # Resource Manager itself knows it at once: that is how a client tells a delay from a missing right.
    assert world.access.permissions("a1", INSTANCE) != []
    assert not world.may_read()

    world.clock.advance(59)
    assert not world.may_read()
    world.clock.advance(2)
    assert world.may_read()


def test_a_removed_assignment_acts_on_the_data_plane_until_the_delay_is_over(world: World) -> None:
    world.assign("1", "a1", "reader")
    world.faults.role_propagation = 60
    world.remove("1")
    assert world.access.permissions("a1", INSTANCE) == []
    assert world.may_read()

    world.clock.advance(61)

    assert not world.may_read()


def set_fault(world: World) -> None:
    world.faults.role_propagation = 3600


def assign_and_set_fault(world: World) -> None:
    world.assign("1", "a1", "reader")
    set_fault(world)


def assign_remove_and_set_fault(world: World) -> None:
    world.assign("1", "a1", "reader")
    world.remove("1")
    set_fault(world)


def remove_before_it_acts(world: World) -> None:
    set_fault(world)
    world.assign("1", "a1", "reader")
    world.remove("1")


def fault_goes_off(world: World) -> None:
    set_fault(world)
    world.assign("1", "a1", "reader")
    world.faults.role_propagation = 0


@pytest.mark.parametrize(
    ("story", "reads"),
    [
        (assign_and_set_fault, True),
        (assign_remove_and_set_fault, False),
        (remove_before_it_acts, False),
        (fault_goes_off, True),
    ],
)
def test_the_fault_touches_only_what_is_assigned_or_removed_while_it_is_on(
    world: World, story: Callable[[World], Any], *, reads: bool
) -> None:
    story(world)

    assert world.may_read() is reads
