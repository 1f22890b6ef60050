"""What our dynamic resources share: where their instance is, and how they say something."""

import asyncio
import sys
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

from pulumi.dynamic import DiffResult
from pulumi.output import Unknown

from twin_rbac.clients.cloud import Cloud
from twin_rbac.clients.credential import create_credential
from twin_rbac.clients.errors import AccessDenied, AzureError, OutsideNetwork
from twin_rbac.clients.resource_manager import ResourceManagerClient
from twin_rbac.providers.errors import ProviderError
from twin_rbac.role_tags.errors import RoleTagsError
from twin_rbac.role_tags.model import printable
from twin_rbac.role_tags.target import Target

Properties = Mapping[str, Any]
_Result = TypeVar("_Result")

_READS = (
    "Microsoft.DigitalTwins/query/action",
    "Microsoft.DigitalTwins/digitaltwins/read",
    "Microsoft.DigitalTwins/eventroutes/read",
)
"""The data actions that a look at live twins and event routes takes."""
_warned: set[str] = set()
"""What this process has warned of: it serves one run of the engine."""


def run(work: Coroutine[Any, Any, _Result]) -> _Result:
    """The work's result; a failure that explains itself is shown without the lines of code that it came through.

    Raises:
        AzureError, RoleTagsError, ProviderError: as the work does.
    """
    try:
        return asyncio.run(work)
    except (AzureError, RoleTagsError, ProviderError):
        # Pulumi prints the traceback of what a dynamic provider raises, and this process does nothing else.
        sys.tracebacklimit = 0
        raise


def is_known(value: object) -> bool:
    """Whether Pulumi knows the value already; in a preview what a change computes anew is unknown."""
    return not isinstance(value, Unknown)


def say(message: str) -> None:
    """Shows a line among Pulumi's own: it passes on what a provider's process prints."""
    sys.stdout.write(f"{printable(message)}\n")
    sys.stdout.flush()


def warn_unseen(error: AccessDenied | OutsideNetwork) -> None:
    """Says that live data was not looked at: once in a process, whichever resource finds it first.

    The sentence is the same for twins and event routes, so that an identity without data rights reads one warning.
    """
    line = f"warning: live twins or event routes were not looked at: {_reason(error)}"
    if line not in _warned:
        _warned.add(line)
        say(line)


def _reason(error: AccessDenied | OutsideNetwork) -> str:
    if isinstance(error, OutsideNetwork) or error.action not in _READS:
        return str(error)
    return (
        f"that takes {', '.join(_READS)} at {error.scope}, and the caller lacks one of them; assign it a role there "
        "that has them (a new assignment takes up to 10 minutes to act)"
    )


def compare(olds: Properties, news: Properties, *, identity: str = "endpoint") -> DiffResult:
    """Leaves the comparison of inputs to Pulumi, but for a new identity, such as the endpoint of another instance."""
    before, after = olds.get(identity), news.get(identity)
    moved = is_known(before) and is_known(after) and before != after
    return DiffResult(changes=True if moved else None, replaces=[identity] if moved else [])


async def find_target(props: Properties) -> Target | None:
    """The instance that a resource's properties name; None while it does not exist.

    Any change of an instance makes its endpoint unknown in a preview; Resource Manager knows it all the same.
    """
    cloud = Cloud.from_mapping(props.get("cloud"))
    instance_id, endpoint = props["instanceId"], props["endpoint"]
    if not is_known(instance_id):
        return None
    if is_known(endpoint):
        return Target(endpoint=endpoint, instance_id=instance_id, cloud=cloud)
    host_name = await _find_host_name(instance_id, cloud)
    return Target(endpoint=f"https://{host_name}", instance_id=instance_id, cloud=cloud) if host_name else None


async def require_target(props: Properties) -> Target:
    """The instance, where it must exist by now.

    Raises:
        AzureError: it does not, or Resource Manager does not answer.
    """
    target = await find_target(props)
    if target is None:
        raise AzureError(f"there is no instance {props['instanceId']}; run pulumi refresh, then pulumi up")
    return target


async def is_gone(props: Properties) -> bool:
    """Whether Resource Manager says that the instance is no more; a caller that may not ask is told nothing."""
    try:
        return await _find_host_name(props["instanceId"], Cloud.from_mapping(props.get("cloud"))) is None
    except AccessDenied:
        return False


async def _find_host_name(instance_id: str, cloud: Cloud) -> str | None:
    async with create_credential(cloud=cloud) as credential, ResourceManagerClient(credential, cloud=cloud) as client:
        return await client.get_host_name(instance_id)
