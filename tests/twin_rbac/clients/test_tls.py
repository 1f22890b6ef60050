import asyncio
import datetime
import ipaddress
import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from twin_rbac.clients.calls import Call
from twin_rbac.clients.errors import ServiceUnavailable
from twin_rbac.clients.transport import Transport

READ = Call(method="GET", path="/x", what="read", action="read")


@pytest.fixture(params=[False, True], ids=["session", "wire"])
def call(request: pytest.FixtureRequest) -> Call:
    """A read, on either way that there is for it."""
    return replace(READ, small=request.param)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A file with a certificate of 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "server.pem"
    pem = serialization.Encoding.PEM
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(pem)
    )
    return file


def read(call: Call, certificate: Path, credential: Any, time: Any, *, ca_file: Path | None) -> int:
    """Reads once from a server with that certificate and gives the status."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({})

    async def run() -> int:
        application = web.Application()
        application.router.add_get("/x", answer)
        runner = web.AppRunner(application)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        address = f"https://127.0.0.1:{runner.addresses[0][1]}"
        try:
            async with Transport(address, credential, audience="a", ca_file=ca_file, sleep=time.sleep) as transport:
                return (await transport.send(call)).status
        finally:
            await runner.cleanup()

    return asyncio.run(run())


def test_a_server_whose_certificate_nobody_vouches_for_gets_no_token_and_no_second_try(
    call: Call, certificate: Path, credential: Any, time: Any
) -> None:
    with pytest.raises(ServiceUnavailable, match="SSL_CERT_FILE names the certificates to trust"):
        read(call, certificate, credential, time, ca_file=None)
    assert time.slept == []


def test_ssl_cert_file_names_the_certificates_to_trust(
    *, call: Call, certificate: Path, credential: Any, time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    assert read(call, certificate, credential, time, ca_file=None) == 200


def test_a_given_file_is_trusted_besides(call: Call, certificate: Path, credential: Any, time: Any) -> None:
    assert read(call, certificate, credential, time, ca_file=certificate) == 200
