"""A package's way to its app: handed in, deployed, run. Tools that stop before the end report false success."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from twin_rbac.clients.errors import AzureError, InstanceNotFound, InvalidRequest, ServiceUnavailable
from twin_rbac.clients.scm import Deployment, Health
from twin_rbac.providers.errors import PublishFailed, StorageRefused

_SUCCESS, _FAILED = 4, 3
_FORBIDDEN = "Forbidden"
"""What the text of a deployment holds when storage refused it (fact sheet pulumi-azure, section 2.5)."""
_FAILURES = {-1: "was cancelled", 3: "failed", 5: "is in conflict with another one", 6: "was carried out in part only"}
"""What the platform's status numbers mean (fact sheet pulumi-azure, section 2.5)."""

_NEW_SITE = 120.0
"""Seconds until a new site's publish endpoint has a name, and answers."""
_LONGEST_DEPLOYMENT = 600.0
_FIRST_APPEARANCE = 60.0
"""Seconds in which a deployment that was accepted may not show yet."""
_LONGEST_START = 180.0
_LONGEST_REFUSAL = 600.0
"""Seconds that Azure may take to act on a role that was given a moment ago (fact sheet adt-rbac, section 9)."""
_RETRY_PAUSE, _POLL_PAUSE, _HEALTH_PAUSE, _REFUSAL_PAUSE = 5.0, 1.0, 2.0, 15.0


class PublishEndpoint(Protocol):
    """What a rollout needs of `ScmClient`."""

    async def publish(self, package: bytes) -> str | None:
        """Hands in the zip."""

    async def get_deployment(self, deployment_id: str) -> Deployment | None:
        """How far it is."""


class Rollout:
    """Carries one package to one app, and says how far it is."""

    def __init__(
        self,
        scm: PublishEndpoint,
        *,
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._scm = scm
        self._say = say
        self._clock = clock
        self._sleep = sleep

    async def deploy(self, package: bytes) -> bool:
        """Hands the package in and follows it; again, while the app's identity may not write its storage yet.

        Returns:
            Whether the platform said that it is deployed; if not, only the app itself can tell.

        Raises:
            PublishFailed: the deployment fails, or takes too long.
            AzureError: it is refused.
        """
        start, said = self._clock(), False
        while True:
            try:
                deployment_id = await self.hand_in(package)
                return deployment_id is not None and await self.follow(deployment_id)
            except StorageRefused:
                if self._clock() - start >= _LONGEST_REFUSAL:
                    raise
            if not said:
                self._say(
                    "waiting to publish: the app's identity may not write its storage yet; a new role takes minutes"
                )
                said = True
            await self._sleep(_REFUSAL_PAUSE)

    async def hand_in(self, package: bytes) -> str | None:
        """Publishes, waiting for a new site to answer and for another deployment to end; returns the deployment's id.

        Raises:
            PublishFailed: it stays like that for too long.
            AzureError: it is refused.
        """
        start, said = self._clock(), ""
        while True:
            try:
                return await self._scm.publish(package)
            except (ServiceUnavailable, InstanceNotFound, InvalidRequest) as error:
                reason, limit = _obstacle(error)
                if self._clock() - start >= limit:
                    raise PublishFailed(f"{reason}; look at the function app in the portal, then run again") from error
            if reason != said:
                self._say(f"waiting to publish: {reason}")
                said = reason
            await self._sleep(_RETRY_PAUSE)

    async def follow(self, deployment_id: str) -> bool:
        """Returns True when the deployment has succeeded, and False when only the app itself can tell any more.

        Raises:
            PublishFailed: it failed, or takes too long.
            AzureError: it cannot be asked about.
        """
        start, said, seen = self._clock(), "", False
        while (waited := self._clock() - start) < _LONGEST_DEPLOYMENT:
            deployment = await self._ask(deployment_id)
            if deployment is None:
                # A publish restarts workers, and the next one knows nothing of it.
                if seen or waited >= _FIRST_APPEARANCE:
                    return False
            elif _is_done(deployment_id, deployment):
                return True
            else:
                seen = True
                if deployment.text and deployment.text != said:
                    self._say(f"deployment {deployment_id}: {deployment.text}")
                    said = deployment.text
            await self._sleep(_POLL_PAUSE)
        raise PublishFailed(
            f"deployment {deployment_id} is not done after {_LONGEST_DEPLOYMENT / 60:g} minutes"
            f"{f' ({said})' if said else ''}; look at the function app's deployments in the portal, then run again"
        )

    async def await_start(
        self, endpoint: str, package: str, ask: Callable[[str], Awaitable[Health]], *, is_confirmed: bool
    ) -> None:
        """Returns when the app says that it runs the package, or takes no calls from here.

        Args:
            endpoint: where it answers.
            package: the hash that it should name.
            ask: asks it once.
            is_confirmed: whether the platform said that the package is deployed.

        Raises:
            PublishFailed: it does not within some minutes.
        """
        start = self._clock()
        while (health := await ask(endpoint)).package != package:
            if health.status == 403:
                hint = "its deployment succeeded" if is_confirmed else "ask its /healthz from an address that it allows"
                self._say(
                    f"warning: {endpoint} takes no calls from this address, so it was not asked whether it runs the "
                    f"package; {hint}"
                )
                return
            if self._clock() - start >= _LONGEST_START:
                raise PublishFailed(
                    f"the package is published, but {endpoint}/healthz {health.reason} after "
                    f"{_LONGEST_START / 60:g} minutes, not package {package}; look at the function app's log stream "
                    "and Application Insights for why it does not start, then run again"
                )
            await self._sleep(_HEALTH_PAUSE)

    async def _ask(self, deployment_id: str) -> Deployment | None:
        try:
            return await self._scm.get_deployment(deployment_id)
        except ServiceUnavailable as error:
            # It restarts with the workers; time runs on.
            return Deployment(status=0, text=str(error))


def _obstacle(error: AzureError) -> tuple[str, float]:
    """What is in the way, and how many seconds that may last."""
    if isinstance(error, InvalidRequest):
        if error.status == 409:
            return f"another deployment is under way ({error.reason})", _LONGEST_DEPLOYMENT
        if error.status != 404:
            raise error
    return f"the publish endpoint is not there: {error}", _NEW_SITE


def _is_done(deployment_id: str, deployment: Deployment) -> bool:
    if deployment.status in _FAILURES:
        refused = deployment.status == _FAILED and _FORBIDDEN in deployment.text
        raise (StorageRefused if refused else PublishFailed)(
            f"deployment {deployment_id} {_FAILURES[deployment.status]}: {deployment.text or 'no reason given'}; mend "
            "that, or look at the function app's deployments in the portal, then run again"
        )
    return deployment.status == _SUCCESS
