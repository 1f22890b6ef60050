import ssl
import stat
from datetime import timedelta
from pathlib import Path

import certifi
import pytest
from cryptography import x509

from emulator import tls
from emulator.tls import Certificates, make_certificates


def shake_hands(files: Certificates, name: str, *, trust: Path | None = None) -> None:
    """A TLS handshake in memory, as strict as Python can be."""
    server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_context.load_cert_chain(files.certificate, files.key)
    client_context = ssl.create_default_context(cafile=trust or files.bundle)
    client_context.verify_flags |= ssl.VERIFY_X509_STRICT
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname=name)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    waiting = [client, server]
    while waiting:
        for side in list(waiting):
            try:
                side.do_handshake()
                waiting.remove(side)
            except ssl.SSLWantReadError:
                pass


def authorities(path: Path) -> set[bytes]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(path)
    return set(context.get_ca_certs(binary_form=True))


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
def test_strict_clients_trust_every_name_of_this_machine(name: str, tmp_path: Path) -> None:
    shake_hands(make_certificates(tmp_path), name)


def test_no_other_host_can_be_certified(tmp_path: Path) -> None:
    files = make_certificates(tmp_path)

    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(files, "management.azure.com")
    constraints = certificate(tmp_path / "ca.pem").extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    assert {str(name.value) for name in constraints.value.permitted_subtrees or []} == {
        "localhost",
        "127.0.0.1/32",
        "::1/128",
    }


def test_without_the_authority_nobody_trusts_it(tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(make_certificates(tmp_path), "localhost", trust=Path(certifi.where()))


def test_the_bundle_holds_the_systems_roots_each_once_and_ours(tmp_path: Path) -> None:
    bundle = make_certificates(tmp_path).bundle

    trusted = authorities(bundle)
    assert trusted > authorities(Path(certifi.where()))
    assert trusted > authorities(tmp_path / "ca.pem")
    assert bundle.read_text().count("BEGIN CERTIFICATE") == len(trusted)


def test_certificates_are_kept(tmp_path: Path) -> None:
    make_certificates(tmp_path)
    first = {path: path.read_bytes() for path in tmp_path.iterdir()}

    make_certificates(tmp_path)

    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == first


def test_private_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    files = make_certificates(tmp_path)

    assert {stat.S_IMODE(path.stat().st_mode) for path in (files.key, tmp_path / "ca.key")} == {0o600}


def test_expired_certificates_are_renewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as yesterday:
        yesterday.setattr(tls, "_LIFETIME", timedelta(hours=23))
        make_certificates(tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        shake_hands(Certificates(tmp_path), "localhost")

    shake_hands(make_certificates(tmp_path), "localhost")


@pytest.mark.parametrize("damaged", ["ca.pem", "ca.key", "server.pem", "server.key", "bundle.pem"])
@pytest.mark.parametrize("text", ["", None])
def test_a_file_that_a_killed_start_left_damaged_or_out_is_made_anew(
    damaged: str, text: str | None, tmp_path: Path
) -> None:
    make_certificates(tmp_path)
    (tmp_path / damaged).unlink()
    if text is not None:
        (tmp_path / damaged).write_text(text)

    shake_hands(make_certificates(tmp_path), "localhost")


def test_a_certificate_of_another_authority_is_replaced(tmp_path: Path) -> None:
    make_certificates(tmp_path / "one")
    other = make_certificates(tmp_path / "other")
    for path in (other.certificate, other.key):
        (tmp_path / "one" / path.name).write_bytes(path.read_bytes())

    shake_hands(make_certificates(tmp_path / "one"), "localhost")
