"""What the stand-in provider refuses; Pulumi shows the text alone."""


class ProviderError(Exception):
    """The operation failed; the text says what, and what to do."""


class AlreadyExists(ProviderError):
    """azure-native does not take over what it did not create."""

    def __init__(self, resource_id: str) -> None:
        super().__init__(
            f"cannot create already existing resource '{resource_id}'; import it with `pulumi import`, or delete it"
        )


class Refused(ProviderError):
    """Resource Manager said no."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        super().__init__(f'Status={status} Code="{code}" Message="{message}"')


class NotReachable(ProviderError):
    """Resource Manager or Entra does not answer."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url} does not answer ({reason}); is the local Azure running? python -m emulator status")


class WrongEnvironment(ProviderError):
    """The plugin was not started by tools/pulumi-local."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not set: this stand-in runs for the local Azure only, by tools/pulumi-local")
