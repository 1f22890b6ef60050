"""What Azure has not caught up with yet: a new principal or role definition that some of its parts do not know.

azure-native does not try such a refusal again (fact sheet pulumi-azure, section 0), so that a first `pulumi up` would
fail where a second one succeeds. An error hook of the engine does (section 6.5).
"""

import asyncio
from collections.abc import Awaitable, Callable

import pulumi

LAGGING = ("PrincipalNotFound", "RoleDefinitionDoesNotExist")
"""The refusals that mean nothing else (fact sheet adt-rbac, sections 6 and 7). A missing right is none: it stays."""
_MOST_TRIES = 8
_STEP = 5.0
_LONGEST_PAUSE = 60.0


def retry_lagging() -> pulumi.ResourceHookBinding:
    """Lets a resource be made again while Azure does not know yet what it names; called once in a program."""
    return pulumi.ResourceHookBinding(on_error=[pulumi.ErrorHook("retry-lagging", wait_for_azure)])


async def wait_for_azure(
    args: pulumi.ErrorHookArgs, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> bool:
    """Whether to try again, after a pause: for about five minutes in all."""
    tries, newest = len(args.errors), args.errors[0]
    code = next((code for code in LAGGING if code in newest), None)
    if code is None or args.failed_operation != "create" or tries > _MOST_TRIES:
        return False
    pause = min(_STEP * 2.0 ** (tries - 1), _LONGEST_PAUSE)
    pulumi.log.warn(f"{args.name}: Azure answers {code}: what was made a moment ago is new to it; again in {pause:g} s")
    await sleep(pause)
    return True
