from typing import Any

import pytest

DENIED = (403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
EARTH = "0f3c0000-0000-4000-8000-000000000011"
ROLE_ID = "401e0000-0000-4000-8000-000000000001"


@pytest.fixture
def application(graph: Any) -> Any:
    """The deployer's."""
    return graph.register()


@pytest.fixture
def principal(graph: Any, application: Any) -> Any:
    return graph.install(application)


@pytest.mark.parametrize("name", ["drift", "pull-request"])
def test_who_may_read_all_reads_and_changes_nothing(name: str, application: Any, principal: Any, graph: Any) -> None:
    assignment = graph.assign(principal, EARTH)
    path, own = f"/applications/{application['id']}", f"/servicePrincipals/{principal['id']}"

    assert graph.ask("GET", path, name=name)["displayName"] == "gateway"
    assert graph.ask("GET", own, name=name)["appId"] == application["appId"]
    assert graph.ask("GET", f"{own}/appRoleAssignedTo", name=name)["value"][0]["id"] == assignment["id"]
    for method, target, body in (
        ("POST", "/applications", {"displayName": "another"}),
        ("PATCH", path, {"displayName": "another"}),
        ("POST", f"{path}/owners/$ref", {"@odata.id": f"directoryObjects/{EARTH}"}),
        ("DELETE", own, None),
        ("DELETE", f"{own}/appRoleAssignedTo/{assignment['id']}", None),
        ("DELETE", path, None),
    ):
        assert graph.refusal(method, target, body, name=name) == DENIED


@pytest.mark.parametrize("name", ["earth", "stranger", "wind", "tagger"])
def test_who_holds_no_permission_may_nothing(name: str, application: Any, principal: Any, graph: Any) -> None:
    body = {"principalId": EARTH, "resourceId": principal["id"], "appRoleId": ROLE_ID}

    assert graph.refusal("GET", f"/applications/{application['id']}", name=name) == DENIED
    assert graph.refusal("GET", f"/servicePrincipals/{principal['id']}", name=name) == DENIED
    assert graph.refusal("POST", f"/servicePrincipals/{principal['id']}/appRoleAssignedTo", body, name=name) == DENIED
    assert graph.refusal("POST", "/servicePrincipals", {"appId": application["appId"]}, name=name) == DENIED
    assert graph.ask("GET", "/applications", name=name)["value"] == []


def test_the_deployer_writes_what_it_owns_and_does_not_see_the_rest(graph: Any) -> None:
    other = graph.ask("POST", "/applications", {"displayName": "another"}, name="owner")
    path = f"/applications/{other['id']}"

    assert graph.refusal("GET", path) == DENIED
    assert graph.refusal("PATCH", path, {"displayName": "mine"}) == DENIED
    assert graph.refusal("POST", "/servicePrincipals", {"appId": other["appId"]}) == DENIED
    assert graph.ask("GET", "/applications")["value"] == []


def test_the_emulators_administrator_may_everything(application: Any, principal: Any, graph: Any) -> None:
    graph.ask("PATCH", f"/applications/{application['id']}", {"displayName": "another"}, name="owner")
    graph.ask("DELETE", f"/servicePrincipals/{principal['id']}", name="owner")

    assert graph.ask("GET", f"/applications/{application['id']}")["displayName"] == "another"
