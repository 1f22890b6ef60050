"""Through the official client, and call by call where it does not show what the protocol says."""

from typing import Any

import pytest
import requests
from azure.core import MatchConditions
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import ContentSettings

from tests.emulator.app_service.local_site import ACCOUNT, BLOB_READER, CONTAINER
from tests.emulator.blob.conftest import Storage

DRIFT = "77b20000-0000-4000-8000-000000000003"
FOREIGN = "11111111-2222-4333-8444-555555555555"


def code_of(error: Any) -> str:
    """The code in the service's answer, which the client's classes do not declare."""
    return str(getattr(error.error_code, "value", error.error_code))


def test_a_blob_is_uploaded_read_described_and_deleted(storage: Storage) -> None:
    blob = storage.container().get_blob_client("folder/a b.txt")

    written = blob.upload_blob(
        b"content", metadata={"made": "here"}, content_settings=ContentSettings(content_type="text/plain")
    )
    properties = blob.get_blob_properties()
    read = blob.download_blob()
    blob.delete_blob()

    assert read.readall() == b"content"
    assert properties.etag == written["etag"] == read.properties.etag
    assert (properties.size, properties.blob_type, properties.metadata) == (7, "BlockBlob", {"made": "here"})
    assert properties.content_settings.content_type == "text/plain"
    assert not blob.exists()


@pytest.mark.parametrize("content", [b"", b"\x00" * 70_000, "Grün".encode()])
def test_content_comes_back_as_it_was(content: bytes, storage: Storage) -> None:
    blob = storage.container().get_blob_client("a")

    blob.upload_blob(content)

    assert blob.download_blob().readall() == content


def test_a_part_of_a_blob_is_read(storage: Storage) -> None:
    blob = storage.container().get_blob_client("a")
    blob.upload_blob(b"0123456789")

    assert blob.download_blob(offset=2, length=3).readall() == b"234"
    assert blob.download_blob(offset=8).readall() == b"89"
    with pytest.raises(HttpResponseError) as refused:
        blob.download_blob(offset=10)
    assert (refused.value.status_code, code_of(refused.value)) == (416, "InvalidRange")


def test_a_blob_that_is_there_is_not_overwritten_unless_that_is_wanted(storage: Storage) -> None:
    blob = storage.container().get_blob_client("key")
    blob.upload_blob(b"first")

    with pytest.raises(ResourceExistsError) as refused:
        blob.upload_blob(b"second")
    kept = blob.download_blob().readall()
    blob.upload_blob(b"third", overwrite=True)

    assert (refused.value.status_code, code_of(refused.value)) == (409, "BlobAlreadyExists")
    assert (kept, blob.download_blob().readall()) == (b"first", b"third")


def test_a_write_under_an_old_etag_is_412_and_changes_nothing(storage: Storage) -> None:
    blob = storage.container().get_blob_client("key")
    old = blob.upload_blob(b"first")["etag"]
    new = blob.upload_blob(b"second", overwrite=True)["etag"]

    with pytest.raises(ResourceModifiedError) as refused:
        blob.upload_blob(b"third", overwrite=True, etag=old, match_condition=MatchConditions.IfNotModified)
    kept = blob.download_blob().readall()
    blob.upload_blob(b"fourth", overwrite=True, etag=new, match_condition=MatchConditions.IfNotModified)

    assert (refused.value.status_code, code_of(refused.value)) == (412, "ConditionNotMet")
    assert (kept, blob.download_blob().readall()) == (b"second", b"fourth")


def test_a_write_that_wants_a_blob_there_is_412_where_there_is_none(storage: Storage) -> None:
    blob = storage.container().get_blob_client("key")

    with pytest.raises(HttpResponseError) as refused:
        blob.upload_blob(b"x", overwrite=True, match_condition=MatchConditions.IfPresent)

    assert (refused.value.status_code, blob.exists()) == (412, False)


def test_a_delete_under_an_old_etag_is_412(storage: Storage) -> None:
    blob = storage.container().get_blob_client("key")
    old = blob.upload_blob(b"first")["etag"]
    blob.upload_blob(b"second", overwrite=True)

    with pytest.raises(ResourceModifiedError):
        blob.delete_blob(etag=old, match_condition=MatchConditions.IfNotModified)

    assert blob.exists()


def test_what_is_not_there_is_404_by_name(storage: Storage) -> None:
    for client, code in (
        (storage.container(), "BlobNotFound"),
        (storage.container(container="no"), "ContainerNotFound"),
    ):
        blob = client.get_blob_client("nothing")
        for call in (blob.download_blob, blob.delete_blob):
            with pytest.raises(ResourceNotFoundError) as refused:
                call()
            assert code_of(refused.value) == code


def test_a_container_that_is_deleted_takes_its_blobs_along(storage: Storage) -> None:
    blob = storage.container().get_blob_client("key")
    blob.upload_blob(b"old")

    storage.emulator.call("DELETE", CONTAINER, version="2024-01-01").raise_for_status()
    storage.local.put(CONTAINER, {"properties": {}}, "2024-01-01")

    assert not blob.exists()


def test_an_account_that_is_deleted_takes_its_blobs_along(storage: Storage) -> None:
    storage.container().get_blob_client("key").upload_blob(b"old")

    storage.emulator.call("DELETE", ACCOUNT, version="2024-01-01").raise_for_status()

    with pytest.raises(ResourceNotFoundError) as refused:
        storage.container().get_blob_client("key").download_blob()
    assert code_of(refused.value) == "ResourceNotFound"
    assert list((storage.emulator.home.folder / "blobs").glob("*")) == []


def test_who_may_only_read_reads(storage: Storage) -> None:
    storage.container().get_blob_client("key").upload_blob(b"content")
    storage.local.grant(DRIFT, BLOB_READER, CONTAINER)
    blob = storage.container("drift").get_blob_client("key")

    assert blob.download_blob().readall() == b"content"
    for call in (lambda: blob.upload_blob(b"x", overwrite=True), blob.delete_blob):
        with pytest.raises(HttpResponseError) as refused:
            call()
        assert (refused.value.status_code, code_of(refused.value)) == (403, "AuthorizationPermissionMismatch")
    assert blob.download_blob().readall() == b"content"


def test_who_may_only_add_adds_and_does_not_overwrite(storage: Storage) -> None:
    scope = ACCOUNT.split("/providers", maxsplit=1)[0]
    role = "aaaaaaaa-0000-4000-8000-000000000009"
    action = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action"
    properties = {"roleName": "Adder", "assignableScopes": [scope], "permissions": [{"dataActions": [action]}]}
    storage.local.put(
        f"{scope}/providers/Microsoft.Authorization/roleDefinitions/{role}", {"properties": properties}, "2022-04-01"
    )
    storage.local.grant(DRIFT, role, CONTAINER)
    blob = storage.container("drift").get_blob_client("key")

    blob.upload_blob(b"first")

    with pytest.raises(HttpResponseError, match="AuthorizationPermissionMismatch"):
        blob.upload_blob(b"second", overwrite=True)


@pytest.mark.parametrize("name", ["earth", "stranger", "drift"])
def test_who_holds_no_role_for_blobs_may_do_nothing(name: str, storage: Storage) -> None:
    with pytest.raises(HttpResponseError) as refused:
        storage.container(name).get_blob_client("key").download_blob()

    assert (refused.value.status_code, code_of(refused.value)) == (403, "AuthorizationPermissionMismatch")


@pytest.mark.parametrize(
    "claims",
    [{"audience": "https://management.azure.com/"}, {"audience": "https://digitaltwins.azure.net"}, {"tid": FOREIGN}],
)
def test_a_token_for_something_else_is_401(claims: dict[str, str], storage: Storage) -> None:
    token = storage.emulator.token("deployer", **{"audience": "https://storage.azure.com", **claims})

    with pytest.raises(ClientAuthenticationError) as refused:
        storage.container(token=token).get_blob_client("key").download_blob()

    assert refused.value.status_code == 401


def send(storage: Storage, method: str, query: str = "", **headers: Any) -> requests.Response:
    given: dict[str, Any] = {
        "Authorization": f"Bearer {storage.token()}",
        "x-ms-version": "2025-05-05",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return requests.request(
        method,
        f"{storage.endpoint}packages/key{query}",
        data=b"content" if method == "PUT" else None,
        headers={name: value for name, value in given.items() if value is not None},
        verify=storage.emulator.ca_file,
        timeout=30,
    )


@pytest.mark.parametrize(
    ("method", "headers", "status", "code"),
    [
        ("GET", {"Authorization": None}, 401, "NoAuthenticationInformation"),
        ("GET", {"Authorization": "SharedKey sttest:AAAA"}, 403, "KeyBasedAuthenticationNotPermitted"),
        ("GET", {"Authorization": "Bearer x.y.z"}, 401, "InvalidAuthenticationInfo"),
        ("GET", {"x_ms_version": None}, 403, "AuthenticationFailed"),
        ("GET", {"x_ms_version": "2015-02-21"}, 403, "AuthenticationFailed"),
        ("PUT", {}, 400, "MissingRequiredHeader"),
        ("PUT", {"x_ms_blob_type": "PageBlob"}, 501, "NotImplemented"),
        ("PUT", {"x_ms_blob_type": "BlockBlob", "Content_MD5": "AAAA"}, 400, "Md5Mismatch"),
        ("PUT", {"x_ms_blob_type": "BlockBlob", "x_ms_lease_id": "1"}, 501, "NotImplemented"),
        ("PUT", {"x_ms_blob_type": "BlockBlob", "if_unmodified_since": "x"}, 501, "NotImplemented"),
    ],
)
def test_what_is_refused_is_named_in_a_header_and_in_xml(
    method: str, headers: dict[str, Any], status: int, code: str, storage: Storage
) -> None:
    answer = send(storage, method, **headers)

    assert (answer.status_code, answer.headers["x-ms-error-code"]) == (status, code)
    assert f"<Code>{code}</Code>" in answer.text


@pytest.mark.parametrize("query", ["?comp=block&blockid=AAAA", "?comp=lease", "?restype=container", "?sig=x"])
def test_calls_that_are_not_served_say_so(query: str, storage: Storage) -> None:
    answer = send(storage, "PUT", query, x_ms_blob_type="BlockBlob")

    assert (answer.status_code, answer.headers["x-ms-error-code"]) == (501, "NotImplemented")


def test_a_reader_that_has_the_blob_already_gets_304_and_no_body(storage: Storage) -> None:
    etag = send(storage, "PUT", x_ms_blob_type="BlockBlob").headers["etag"]

    same, other = send(storage, "GET", if_none_match=etag), send(storage, "GET", if_none_match='"0x1"')
    wrong = send(storage, "GET", if_match='"0x1"')

    assert (same.status_code, same.content, other.content) == (304, b"", b"content")
    assert wrong.status_code == 412


def test_a_head_has_the_size_and_no_body(storage: Storage) -> None:
    send(storage, "PUT", x_ms_blob_type="BlockBlob")

    answer = send(storage, "HEAD")

    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "7")


def test_calls_fail_on_demand_in_the_shape_of_the_service(storage: Storage) -> None:
    failing = {"service": "blob", "status": 503, "retry_after": 3}
    storage.emulator.control("PUT", "faults", {"failing_calls": [failing]})

    answer = send(storage, "PUT", x_ms_blob_type="BlockBlob")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "3")
    assert (answer.headers["x-ms-error-code"], send(storage, "GET").status_code) == ("ServerBusy", 404)
