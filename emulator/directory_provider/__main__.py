"""Serves the stand-in for azuread to the Pulumi engine."""

from emulator.directory_provider.graph import Graph
from emulator.directory_provider.provider import AzureAdStandIn
from emulator.provider.serving import serve

VERSION = "6.11.1"
"""Whose resources and functions it has: that of pulumi-azuread in requirements.txt."""


def main() -> None:
    """Serves until the engine ends."""
    serve(VERSION, AzureAdStandIn(Graph.connect))


if __name__ == "__main__":
    main()
