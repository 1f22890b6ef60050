import ssl
from pathlib import Path

import pytest
from yarl import URL

from twin_rbac.clients.address import create_tls_context, is_loopback, proxy_for, secure_url
from twin_rbac.clients.cloud import PUBLIC_CLOUD, Cloud
from twin_rbac.clients.errors import EndpointRefused


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("https://n.api.weu.digitaltwins.azure.net", "https://n.api.weu.digitaltwins.azure.net"),
        ("n.api.weu.digitaltwins.azure.net", "https://n.api.weu.digitaltwins.azure.net"),
        ("https://localhost:43003/", "https://localhost:43003"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ],
)
def test_an_address_is_https_or_on_this_machine(address: str, url: str) -> None:
    assert str(secure_url(address)).rstrip("/") == url


@pytest.mark.parametrize(
    "address",
    ["http://n.azure.net", "http://127.0.0.1.example", "ldap://localhost", "https://", "", "https://host:99999999"],
)
def test_any_other_address_is_refused_with_what_to_give(address: str) -> None:
    with pytest.raises(EndpointRefused, match="https"):
        secure_url(address)


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("https://localhost:1", True),
        ("https://127.8.9.1", True),
        ("https://[::1]:4", True),
        ("https://localhost.example", False),
        ("https://10.0.0.1", False),
        ("https://n.azure.net", False),
    ],
)
def test_loopback_is_this_machine_and_nothing_that_is_called_alike(*, address: str, loopback: bool) -> None:
    assert is_loopback(address) is loopback


def test_the_environments_proxy_is_used_where_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "localhost")

    assert proxy_for(URL("https://n.azure.net")) == "http://proxy.example:3128"
    assert proxy_for(URL("https://localhost:1")) is None


def test_a_file_that_holds_no_certificates_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("not a certificate")

    with pytest.raises(EndpointRefused, match=r"ca\.pem.*PEM"):
        create_tls_context(file)
    assert create_tls_context().verify_mode is ssl.CERT_REQUIRED


def test_the_clouds_keys_are_those_of_the_config() -> None:
    cloud = Cloud.from_mapping({"resourceManager": "https://localhost:1", "digitalTwinsAudience": "https://a"})

    assert cloud.resource_manager == "https://localhost:1"
    assert cloud.digital_twins_audience == "https://a"
    assert cloud.authority == PUBLIC_CLOUD.authority
    assert Cloud.from_mapping(None) == PUBLIC_CLOUD


def test_an_unknown_key_of_the_cloud_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(EndpointRefused, match=r"'resourcemanager'.*resourceManager, authority"):
        Cloud.from_mapping({"resourcemanager": "https://localhost:1"})
