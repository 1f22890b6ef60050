"""What Azure has not caught up with yet: a new principal or role definition that some of its parts do not know.

azure-native does not try such a refusal again (fact sheet pulumi-azure, section 0), so that a first `pulumi up` would
fail where a second one succeeds. An error hook of the engine does (section 6.5). Of any other refusal that we know, the
same hook says what to do.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable

import pulumi

from .refusals import explain_refusal

LAGGING = ("PrincipalNotFound", "RoleDefinitionDoesNotExist")
"""The refusals that mean nothing else (fact sheet adt-rbac, sections 6 and 7). A missing right is none: it stays."""
_MOST_TRIES = 8
_STEP = 5.0
_LONGEST_PAUSE = 60.0


def retry_lagging(name: str = "retry-lagging") -> pulumi.ResourceHookBinding:
    """Lets a resource be made again while Azure does not know yet what it names; called once in a program by one name.

    What Azure refuses for good is explained in the run's messages.
    """
    return pulumi.ResourceHookBinding(on_error=[pulumi.ErrorHook(name, wait_for_azure)])


async def wait_for_azure(
    args: pulumi.ErrorHookArgs, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> bool:
    """Whether to try again, after a pause: for about five minutes in all."""
    tries, newest = len(args.errors), args.errors[0]
    code = next((code for code in LAGGING if re.search(rf"\b{code}\b", newest)), None)
    if code is None or args.failed_operation != "create" or tries > _MOST_TRIES:
        if (advice := explain_refusal(args)) is not None:
            pulumi.log.error(advice)
        return False
    pause = min(_STEP * 2.0 ** (tries - 1), _LONGEST_PAUSE)
    pulumi.log.warn(f"{args.name}: Azure answers {code}: what was made a moment ago is new to it; again in {pause:g} s")
    await sleep(pause)
    return True
