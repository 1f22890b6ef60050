"""Which addresses a token may be sent to, and how they are reached."""

import ipaddress
import ssl
from pathlib import Path
from urllib.request import getproxies, proxy_bypass

from yarl import URL

from twin_rbac.clients.errors import EndpointRefused

_EXAMPLE = "give an address such as https://name.api.weu.digitaltwins.azure.net"


def secure_url(address: str) -> URL:
    """The address as a URL; https is meant where no scheme is given.

    Raises:
        EndpointRefused: it is no address of a host, or not https. A token goes over TLS, or stays on this machine.
    """
    url = _parse(address)
    if not url.host or url.scheme not in {"https", "http"}:
        raise EndpointRefused(address, _EXAMPLE)
    if url.scheme == "http" and not is_loopback(address):
        raise EndpointRefused(address, "a token is sent over https only; use https")
    return url.origin()


def is_loopback(address: str) -> bool:
    """Whether the address is one of this machine's own: localhost, 127.0.0.0/8 or ::1."""
    host = _parse(address).host or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def proxy_for(url: URL) -> str | None:
    """The proxy that the environment names for the address (HTTPS_PROXY, NO_PROXY), if any.

    aiohttp's own trust_env is left off: it also reads ~/.netrc, whose entries collide with our Authorization header.
    """
    return None if proxy_bypass(url.host or "") else getproxies().get(url.scheme)


def create_tls_context(ca_file: Path | None = None) -> ssl.SSLContext:
    """Certificate checks as the system does them; honours SSL_CERT_FILE, and trusts `ca_file` besides.

    Raises:
        EndpointRefused: the file cannot be read as certificates.
    """
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except OSError as error:
            raise EndpointRefused(str(ca_file), "it is no readable file of PEM certificates") from error
    return context


def _parse(address: str) -> URL:
    try:
        return URL(address if "://" in address else f"https://{address}")
    except ValueError as error:
        raise EndpointRefused(address, _EXAMPLE) from error
