"""Serves the stand-in for azure-native to the Pulumi engine."""

from emulator.provider.provider import AzureNativeStandIn
from emulator.provider.resource_manager import connect
from emulator.provider.serving import PlainErrors, serve

__all__ = ["VERSION", "PlainErrors", "main"]

VERSION = "3.29.0"
"""Whose resources and functions it has: that of pulumi-azure-native in requirements.txt."""


def main() -> None:
    """Serves until the engine ends."""
    serve(VERSION, AzureNativeStandIn(connect))


if __name__ == "__main__":
    main()
