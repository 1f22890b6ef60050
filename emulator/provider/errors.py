"""What the stand-in provider refuses; Pulumi shows the text alone.

ProviderError
  AlreadyExists       azure-native does not take over what it did not create
  AlreadyChanged      the same, of what comes with its parent
  ParentMissing       what comes with its parent has none
  NotInLocalAzure     a type or function that the local Azure does not have
  SettingMissing      the stack's config lacks something
  Refused             Resource Manager or Entra said no
  NotReachable        one of them does not answer
  WrongEnvironment    the plugin was not started by tools/pulumi-local
"""


class ProviderError(Exception):
    """The operation failed; the text says what, and what to do."""


class AlreadyExists(ProviderError):
    """azure-native does not take over what it did not create."""

    def __init__(self, resource_id: str) -> None:
        super().__init__(
            f"cannot create already existing resource '{resource_id}': import it (resource option import), or delete it"
        )


class AlreadyChanged(ProviderError):
    """A resource that comes with its parent is not as it came: somebody manages it already."""

    def __init__(self, resource_id: str) -> None:
        super().__init__(
            f"cannot create already existing subresource '{resource_id}': import it (resource option import), or set "
            "it back to its default"
        )


class ParentMissing(ProviderError):
    """A resource that comes with its parent has none."""

    def __init__(self, resource_id: str) -> None:
        super().__init__(f"parent resource does not exist for resource '{resource_id}'")


class NotInLocalAzure(ProviderError):
    """A resource type or a function that the local Azure does not have."""

    def __init__(self, token: str) -> None:
        super().__init__(f"the local Azure has no {token}; see docs/emulator-differences.md")


class SettingMissing(ProviderError):
    """The stack's config lacks something."""

    def __init__(self, key: str) -> None:
        super().__init__(f"azure-native:{key} is not set; set it in the stack's config")


class Refused(ProviderError):
    """Resource Manager or Entra said no."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.code = code
        super().__init__(f'Status={status} Code="{code}" Message="{message}"')


class NotReachable(ProviderError):
    """Resource Manager or Entra does not answer."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url} does not answer ({reason}); is the local Azure running? python -m emulator status")


class WrongEnvironment(ProviderError):
    """The plugin was not started by tools/pulumi-local."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason}: this stand-in runs for the local Azure only, by tools/pulumi-local")
