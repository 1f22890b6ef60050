"""Whether an instance refused a call because it came from outside the instance's network.

Such a refusal looks like one for want of a role: both are 403. Resource Manager knows whether the instance takes calls
from everywhere; if not, the address that its name leads to tells on which side of a private endpoint the caller is.
"""

import asyncio
import socket
from ipaddress import ip_address
from pathlib import Path

import aiohttp

from twin_rbac.clients.address import create_tls_context, proxy_for, secure_url
from twin_rbac.clients.errors import AccessDenied, OutsideNetwork
from twin_rbac.clients.resource_manager import ResourceManagerClient

_LONGEST_PROBE = aiohttp.ClientTimeout(total=15)


async def require_inside(
    resource_manager: ResourceManagerClient, instance_id: str, endpoint: str, *, ca_file: Path | None = None
) -> None:
    """Returns when the network is not what keeps the caller out, or nothing can be said about it.

    Args:
        resource_manager: is asked about the instance.
        instance_id: the instance that answered 403.
        endpoint: its data-plane URL.
        ca_file: certificates to trust besides the system's.

    Raises:
        OutsideNetwork: the instance takes calls from inside its network alone, and the caller is not there.
        AzureError: Resource Manager gives no usable answer.
    """
    try:
        instance = await resource_manager.get_instance(instance_id)
    except AccessDenied:
        return
    is_private = instance is not None and instance["properties"].get("publicNetworkAccess") == "Disabled"
    if is_private and not await _is_inside(endpoint, ca_file):
        raise OutsideNetwork(instance_id)


async def _is_inside(endpoint: str, ca_file: Path | None) -> bool:
    url = secure_url(endpoint)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
    except OSError:
        return False
    addresses = [ip_address(entry[4][0]) for entry in found]
    if all(address.is_loopback for address in addresses):
        return not await _is_refused_without_token(endpoint, ca_file)
    # The name of an instance leads to its private endpoint where the network's DNS says so, and nowhere else.
    return all(address.is_private for address in addresses)


async def _is_refused_without_token(endpoint: str, ca_file: Path | None) -> bool:
    # On loopback every address looks alike. Who is let in is asked for a token (401); who is not, is not even asked.
    url = secure_url(endpoint)
    connector = aiohttp.TCPConnector(ssl=create_tls_context(ca_file))
    async with aiohttp.ClientSession(connector=connector, timeout=_LONGEST_PROBE) as session:
        try:
            async with session.get(url / "models", proxy=proxy_for(url), allow_redirects=False) as answer:
                return answer.status == 403
        except (aiohttp.ClientError, TimeoutError):
            return False
