"""Serves a stand-in to the Pulumi engine, and ends when the engine does."""

import os
import sys
import threading
import time
from typing import Any

import grpc
from pulumi.provider.experimental import server
from pulumi.provider.experimental.provider import Provider

from emulator.provider.errors import ProviderError

_SECONDS_BETWEEN_LOOKS = 0.5


class PlainErrors(server.ProviderServicer):
    """Shows a failure by its text: what the base class raises holds the lines of code too."""


def _plain(name: str) -> Any:
    original = getattr(server.ProviderServicer, name)

    async def call(self: PlainErrors, request: Any, context: Any) -> Any:
        try:
            return await original(self, request, context)
        except Exception as exc:
            # The base class raises anew inside its handler.
            if isinstance(exc.__context__, ProviderError):
                await context.abort(grpc.StatusCode.UNKNOWN, str(exc.__context__))
            raise

    return call


for _name in ("Check", "Diff", "Create", "Update", "Read", "Delete", "Invoke"):
    setattr(PlainErrors, _name, _plain(_name))


def serve(version: str, provider: Provider) -> None:
    """Serves until the engine ends.

    Args:
        version: whose resources and functions the stand-in has.
        provider: answers.
    """
    threading.Thread(target=_end_with, args=[os.getppid()], daemon=True).start()
    server.ProviderServicer = PlainErrors  # type: ignore[misc]  # the only way in: main() names the class
    server.main(sys.argv[1:], version, provider)


def _end_with(parent: int) -> None:
    # A killed engine leaves its plugins behind.
    while os.getppid() == parent:
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    os._exit(0)
