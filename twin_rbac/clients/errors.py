"""What goes wrong between us and Azure.

    AzureError
      CredentialIncomplete    the environment's ARM_* settings lack one
      SignInFailed            no token to be had, or the one we sent is not accepted
      EndpointRefused         an address that a token may not be sent to
      AccessDenied            403: the caller lacks an action
      OutsideNetwork          403: the instance takes calls from inside its network alone
      InstanceNotFound        no instance answers there for this tenant
      TwinNotFound            404 for a twin
      PreconditionFailed      412: the thing changed, or is already there
      InvalidRequest          another refusal, with the service's code
        PatchInvalid          400 JsonPatchInvalid
      AnswerTooLarge          an answer of more bytes than the caller takes
      ServiceUnavailable      no usable answer, after retries
        Throttled             429 again and again
          SlowDown            with how long to wait

No text holds a token or a property's value; ids, model ids and the service's own error text may appear.
"""


class AzureError(Exception):
    """A call to Azure failed for good."""


class CredentialIncomplete(AzureError):
    """Some ARM_* settings are there and others that belong to them are not."""

    def __init__(self, present: str, missing: str) -> None:
        super().__init__(f"{present} is set but {missing} is not; set it, or unset {present}")


class SignInFailed(AzureError):
    """There is no accepted token."""

    def __init__(self, service: str, reason: str) -> None:
        super().__init__(
            f"cannot sign in to {service}: {reason}; use `az login`, or set a service principal's ARM_* settings"
        )


class InstanceNotReady(AzureError):
    """The instance exists and has no host name: it is being made, or its making failed."""

    def __init__(self, instance_id: str, state: str) -> None:
        super().__init__(
            f"{instance_id} has no host name, its provisioning state is {state}; run again when it is ready"
        )


class EndpointRefused(AzureError):
    """An address that a token may not be sent to."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"{address!r} is not used: {reason}")


class AccessDenied(AzureError):
    """The caller lacks an action."""

    def __init__(self, action: str, scope: str) -> None:
        self.action = action
        self.scope = scope
        super().__init__(
            f"the caller may not do {action} at {scope}; assign it a role there that has this action "
            "(a new assignment takes up to 10 minutes to act)"
        )


class OutsideNetwork(AzureError):
    """The instance takes calls from inside its network alone, and the caller is outside."""

    def __init__(self, instance_id: str) -> None:
        super().__init__(
            f"the instance {instance_id.rsplit('/', 1)[-1]} takes calls from inside its network alone (public network "
            "access is off): run this inside the network"
        )


class InstanceNotFound(AzureError):
    """No instance answers at the endpoint, as far as this caller's tenant goes."""

    def __init__(self, endpoint: str, reason: str) -> None:
        super().__init__(f"{endpoint} answers {reason!r}; check the endpoint, and the tenant that you are signed in to")


class TwinNotFound(AzureError):
    """There is no such twin."""

    def __init__(self, twin_id: str) -> None:
        self.twin_id = twin_id
        super().__init__(f"there is no twin {twin_id!r}")


class PreconditionFailed(AzureError):
    """The thing has another etag than expected, or is already there."""

    def __init__(self, what: str, *, maybe_done: bool = False) -> None:
        self.maybe_done = maybe_done
        """Whether an earlier try of the same call got no answer, so that it may be that one that met its aim."""
        super().__init__(f"{what} was changed by someone else meanwhile")


class InvalidRequest(AzureError):
    """The service refused a request; `status`, `code` and `reason` are its own."""

    def __init__(self, what: str, *, status: int, code: str, reason: str) -> None:
        self.what = what
        self.status = status
        self.code = code
        self.reason = reason
        super().__init__(f"{what} was refused with {status} {code}: {reason}")


class PatchInvalid(InvalidRequest):
    """A patch does not fit the twin's present shape."""


class AnswerTooLarge(AzureError):
    """An answer has more bytes than the caller takes."""

    def __init__(self, what: str, largest: int) -> None:
        super().__init__(f"the answer to {what} has more than {largest} bytes; ask for less at once")


class ServiceUnavailable(AzureError):
    """No usable answer came, after retries where those are safe; `reason` is the last one's."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"{what} failed for good: {reason}")


class Throttled(ServiceUnavailable):
    """The service kept answering that there are too many requests."""


class SlowDown(Throttled):
    """The service asks for a longer pause, or asks more often, than the caller has patience for."""

    def __init__(self, what: str, *, attempts: int, pause: float) -> None:
        super().__init__(what, f"{attempts} times it asked to slow down")
        self.pause = pause
        """Seconds until the next try."""
