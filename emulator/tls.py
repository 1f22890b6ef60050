"""The throwaway certificate authority of a local folder, and the certificate that every local service shows.

Nothing but localhost can be certified by that authority (name constraints), so that trusting it risks nothing.
"""

import fcntl
import ipaddress
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from emulator.home import PRIVATE, write_file

# The longest that Apple's clients accept of a server; it leaves no reason to make the authority last longer.
_LIFETIME = timedelta(days=397)
_RENEWED_BEFORE = timedelta(days=1)
_BACKDATED = timedelta(days=1)
_ADDRESSES = (ipaddress.ip_network("127.0.0.1/32"), ipaddress.ip_network("::1/128"))
# Where systems keep their roots, which may hold a company's own; certifi's are always there.
_SYSTEM_ROOTS = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
_END = "-----END CERTIFICATE-----"


@dataclass(frozen=True)
class Certificates:
    """The files of one TLS folder."""

    folder: Path

    @property
    def certificate(self) -> Path:
        """The services' certificate."""
        return self.folder / "server.pem"

    @property
    def key(self) -> Path:
        """Its private key."""
        return self.folder / "server.key"

    @property
    def bundle(self) -> Path:
        """What clients trust: the system's roots and our authority."""
        return self.folder / "bundle.pem"


@dataclass(frozen=True)
class _Pair:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def holds(self) -> bool:
        now = datetime.now(UTC)
        return (
            self.certificate.public_key() == self.key.public_key()
            and self.certificate.not_valid_before_utc <= now
            and now + _RENEWED_BEFORE < self.certificate.not_valid_after_utc
        )


def make_certificates(folder: Path) -> Certificates:
    """The certificates in the folder; what is missing, damaged or about to expire is made anew."""
    files = Certificates(folder)
    with _alone_in(folder):
        authority = _read_pair(folder / "ca.pem", folder / "ca.key")
        if authority is None:
            authority = _make_authority()
            _write_pair(authority, folder / "ca.pem", folder / "ca.key")
        server = _read_pair(files.certificate, files.key)
        if server is None or not _is_issued_by(server, authority):
            _write_pair(_make_server(authority), files.certificate, files.key)
        _write_bundle(files.bundle, authority.certificate)
    return files


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Lets one process at a time make certificates: an emulator and stand-alone instances share them."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a") as lock:
        fcntl.flock(lock.fileno(), fcntl.LOCK_EX)
        yield


def _make_authority() -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Local Azure emulator (throwaway authority)")
    localhost_only = x509.NameConstraints([x509.DNSName("localhost"), *map(x509.IPAddress, _ADDRESSES)], None)
    builder = (
        _builder(name, issuer=name, key=key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(localhost_only, critical=True)
    )
    return _Pair(builder.sign(key, hashes.SHA256()), key)


def _make_server(authority: _Pair) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.DNSName("localhost"), *(x509.IPAddress(network.network_address) for network in _ADDRESSES)]
    builder = (
        _builder(_name("localhost"), issuer=authority.certificate.subject, key=key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        # Strict verification (the default of Python 3.13) asks for it.
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False)
    )
    return _Pair(builder.sign(authority.key, hashes.SHA256()), key)


def _builder(subject: x509.Name, *, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now - _BACKDATED + _LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _read_pair(certificate_file: Path, key_file: Path) -> _Pair | None:
    """The pair, if it is whole and will hold for a while."""
    try:
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
    except (FileNotFoundError, ValueError):
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        return None
    pair = _Pair(certificate, key)
    return pair if pair.holds else None


def _write_pair(pair: _Pair, certificate_file: Path, key_file: Path) -> None:
    key = pair.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_file(key_file, key.decode(), mode=PRIVATE)
    write_file(certificate_file, _pem(pair.certificate))


def _is_issued_by(server: _Pair, authority: _Pair) -> bool:
    try:
        server.certificate.verify_directly_issued_by(authority.certificate)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _write_bundle(path: Path, authority: x509.Certificate) -> None:
    # The compiled-in path, and not what SSL_CERT_FILE names: inside tools/pulumi-local that is this very bundle.
    compiled_in = ssl.get_default_verify_paths().openssl_cafile
    files = [Path(file) for file in dict.fromkeys([certifi.where(), compiled_in, *_SYSTEM_ROOTS])]
    blocks: dict[str, None] = {}
    for file in files:
        if file.is_file():
            blocks.update(dict.fromkeys(_certificates_in(file.read_text(encoding="utf-8", errors="replace"))))
    text = "".join([*blocks, _pem(authority)])
    if not path.exists() or path.read_text() != text:
        write_file(path, text)


def _certificates_in(text: str) -> Iterator[str]:
    """Each certificate by itself, without the comments around it, so that one in two files is taken once."""
    for part in text.split(_END)[:-1]:
        start = part.find("-----BEGIN CERTIFICATE-----")
        if start >= 0:
            yield f"{part[start:]}{_END}\n"


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
