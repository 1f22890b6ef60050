"""Publishing as a deployment does it: over the SCM site, with a token of Resource Manager's."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest
import requests

from tests.emulator.app_service.local_site import (
    ACCOUNT,
    BLOB_READER,
    CONTAINER,
    HOST,
    READER,
    SITE,
    LocalSite,
    make_package,
)


def test_a_site_answers_with_what_was_published_last(site: LocalSite) -> None:
    before = site.call("/anything")
    first = site.publish(make_package(version_txt="one"))
    one = site.ask("/anything")
    second = site.publish(make_package(version_txt="two"))
    two = site.ask("/anything")

    assert before.status_code == 404
    assert (first["status"], first["complete"], second["status"]) == (4, True, 4)
    assert (one["package"], two["package"]) == ("one", "two")
    assert site.poll(first["id"]).json()["active"] is False
    assert site.poll(second["id"]).json()["active"] is True


def test_packages_that_are_not_in_force_leave_the_disk(site: LocalSite, emulator: Any) -> None:
    first = site.publish(make_package(version_txt="one"))
    site.ask("/")
    second = site.publish(make_package(version_txt="two"))
    site.publish(b"no zip")

    folder = emulator.home.folder / "sites" / "app-test"
    deadline = time.monotonic() + 20
    while (folder / first["id"]).exists() and time.monotonic() < deadline:
        time.sleep(0.02)

    assert {path.name for path in folder.iterdir()} == {second["id"], "log", "home"}
    assert site.ask("/")["package"] == "two"


def test_calls_in_progress_end_as_they_began_when_the_site_is_published_under_them(site: LocalSite) -> None:
    site.publish(make_package(version_txt="one"))
    site.ask("/")

    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(site.ask, "/sleep?3")
        time.sleep(0.3)
        site.publish(make_package(version_txt="two"))
        assert (slow.result()["package"], site.ask("/")["package"]) == ("one", "two")


def test_the_answer_is_202_with_the_deployments_id_as_a_json_string(site: LocalSite) -> None:
    answer = site.send_package(make_package())

    assert answer.status_code == 202
    assert isinstance(answer.json(), str)
    assert site.poll(answer.json()).json()["id"] == answer.json()


def test_the_platform_writes_the_package_as_the_sites_identity(site: LocalSite, emulator: Any) -> None:
    package = make_package()
    site.grant("77b20000-0000-4000-8000-000000000001", BLOB_READER, ACCOUNT)

    site.publish(package)

    token = emulator.token("deployer", "https://storage.azure.com")
    blob = requests.get(
        f"{site.endpoint}packages/released-package.zip",
        headers={"Authorization": f"Bearer {token}", "x-ms-version": "2025-05-05"},
        verify=emulator.ca_file,
        timeout=30,
    )
    assert blob.content == package


def test_an_identity_that_may_not_write_the_package_fails_the_deployment(site: LocalSite, emulator: Any) -> None:
    site.publish(make_package(version_txt="one"))
    assignments = emulator.call(
        "GET", f"{ACCOUNT}/providers/Microsoft.Authorization/roleAssignments", version="2022-04-01"
    ).json()["value"]
    for assignment in assignments:
        if assignment["properties"]["principalId"] == site.principal_id:
            emulator.call("DELETE", assignment["id"]).raise_for_status()

    ended = site.publish(make_package(version_txt="two"))

    assert (ended["status"], ended["status_text"]) == (3, "Azure Storage responded with Forbidden")
    assert site.ask("/")["package"] == "one"


def test_a_container_that_is_gone_fails_the_deployment(site: LocalSite, emulator: Any) -> None:
    emulator.call("DELETE", CONTAINER, version="2024-01-01").raise_for_status()

    ended = site.publish(make_package())

    assert (ended["status"], ended["status_text"]) == (3, "Azure Storage responded with NotFound")


@pytest.mark.parametrize(
    ("package", "problem"),
    [
        (b"no zip at all", "the package cannot be deployed: it is no zip"),
        (make_package(host_json=HOST)[:-200], "the package cannot be deployed: it is no zip"),
    ],
)
def test_what_is_no_zip_ends_with_status_3(package: bytes, problem: str, site: LocalSite) -> None:
    ended = site.publish(package)

    assert (ended["status"], ended["status_text"]) == (3, problem)


def test_a_zip_with_its_files_in_a_folder_ends_with_status_3_and_says_what_is_missing(site: LocalSite) -> None:
    inside = make_package().replace(b"function_app.py", b"f/nction_app.py").replace(b"host.json", b"h/st.json")

    ended = site.publish(inside)

    assert ended["status"] == 3
    assert ended["status_text"] == (
        "the package cannot be deployed: it has no host.json and no function_app.py at its root"
    )


@pytest.mark.parametrize(("name", "status"), [("deployer", 202), ("earth", 403), ("pull-request", 403)])
def test_who_publishes_holds_the_publish_action_at_the_site(name: str, status: int, site: LocalSite) -> None:
    assert site.send_package(make_package(), name=name).status_code == status


def test_a_reader_of_the_site_may_neither_publish_nor_look_at_deployments(site: LocalSite) -> None:
    site.grant("77b20000-0000-4000-8000-000000000003", READER, SITE)
    started = site.publish(make_package())

    assert site.send_package(make_package(), name="drift").status_code == 403
    assert site.poll(started["id"], name="drift").status_code == 403


@pytest.mark.parametrize("authorization", ["", "Basic dXNlcjpwYXNz", "Bearer nonsense", "Bearer "])
def test_a_password_or_a_bad_token_is_401(authorization: str, site: LocalSite) -> None:
    assert site.send_package(make_package(), Authorization=authorization).status_code == 401


def test_a_token_for_another_audience_or_tenant_is_401(site: LocalSite, emulator: Any) -> None:
    instance = emulator.token("deployer", "instance")
    foreign = emulator.token("deployer", tid="11111111-2222-4333-8444-555555555555")

    for token in (instance, foreign):
        assert site.send_package(make_package(), Authorization=f"Bearer {token}").status_code == 401


def test_zipdeploy_is_not_there(site: LocalSite, emulator: Any) -> None:
    headers = {"Authorization": f"Bearer {emulator.token('deployer')}"}

    answer = requests.post(
        f"{site.scm}/api/zipdeploy", data=make_package(), headers=headers, verify=emulator.ca_file, timeout=30
    )

    assert answer.status_code == 404


def test_a_remote_build_and_an_empty_body_are_refused(site: LocalSite) -> None:
    assert site.send_package(make_package(), query="?remotebuild=true").status_code == 400
    assert site.send_package(b"").status_code == 400


def test_a_slow_deployment_is_404_at_first_then_in_progress_then_done(site: LocalSite, emulator: Any) -> None:
    emulator.control("PUT", "faults", {"publish_seconds": 1})
    deployment_id = site.send_package(make_package()).json()

    seen = [site.poll(deployment_id), site.poll(deployment_id)]
    while not (last := site.poll(deployment_id).json())["complete"]:
        time.sleep(0.05)

    assert seen[0].status_code == 404
    assert (seen[1].json()["status"], seen[1].json()["complete"]) == (1, False)
    assert last["status"] == 4


def test_a_second_deployment_beside_one_that_runs_is_409(site: LocalSite, emulator: Any) -> None:
    emulator.control("PUT", "faults", {"publish_seconds": 30})
    site.send_package(make_package())

    assert site.send_package(make_package()).status_code == 409


def test_deployments_fail_as_often_as_they_are_told_to(site: LocalSite, emulator: Any) -> None:
    emulator.control("PUT", "faults", {"failing_publishes": 2})

    assert [site.publish(make_package())["status"] for _ in range(3)] == [3, 3, 4]


def test_calls_of_the_publish_endpoint_and_of_the_site_fail_on_demand(site: LocalSite, emulator: Any) -> None:
    site.publish(make_package())
    failing = [{"service": "scm", "status": 503, "retry_after": 7}, {"service": "app-service", "status": 502}]
    emulator.control("PUT", "faults", {"failing_calls": failing})

    refused = site.send_package(make_package())

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "7")
    assert [site.call("/").status_code for _ in range(2)] == [502, 200]


def test_a_deleted_site_is_not_served_any_more_and_made_again_it_is_empty(site: LocalSite, emulator: Any) -> None:
    site.publish(make_package())
    front, process = site.front, site.ask("/")["process"]

    emulator.call("DELETE", SITE, version="2025-05-01").raise_for_status()

    with pytest.raises(requests.ConnectionError):
        site.call("/")
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    assert not (emulator.home.folder / "sites" / "app-test").exists()
    site.make()
    assert site.front == front
    assert site.call("/").status_code == 404


def test_a_reset_forgets_sites_packages_and_blobs(site: LocalSite, emulator: Any) -> None:
    site.publish(make_package())

    emulator.control("POST", "reset")

    assert not (emulator.home.folder / "sites").exists()
    assert not (emulator.home.folder / "blobs").exists()
    assert emulator.control("GET", "status")["gatewayEndpoint"] is None


def test_the_status_names_the_front_end_of_the_site(site: LocalSite, emulator: Any) -> None:
    assert emulator.control("GET", "status")["gatewayEndpoint"] == site.front


def test_the_sites_identity_is_who_asks_with_its_secret(site: LocalSite, emulator: Any) -> None:
    site.publish(make_package())
    environment = site.ask("/")["environment"]

    def ask(**parameters: str) -> requests.Response:
        return requests.get(
            environment["IDENTITY_ENDPOINT"],
            params={"api-version": "2019-08-01", "resource": "https://storage.azure.com", **parameters},
            headers={"X-IDENTITY-HEADER": environment["IDENTITY_HEADER"]},
            verify=emulator.ca_file,
            timeout=30,
        )

    answer = ask(client_id=site.client_id)

    claims = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
    assert (claims["oid"], claims["aud"]) == (site.principal_id, "https://storage.azure.com")
    assert answer.json()["client_id"] == site.client_id
    assert ask(principal_id=site.principal_id).status_code == 200
    assert ask().status_code == 400
    # The deployer's: an application, and none of this site's identities.
    assert ask(client_id="77b2a000-0000-4000-8000-000000000001").status_code == 400
