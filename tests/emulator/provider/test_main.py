import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from emulator.provider.__main__ import VERSION, PlainErrors
from emulator.provider.provider import AzureNativeStandIn
from emulator.provider.resource_manager import connect

EXECUTABLE = Path(__file__).parents[3] / "emulator" / "provider" / "bin" / "pulumi-resource-azure-native"


def call_served(work: Callable[[Any], Awaitable[Any]]) -> Any:
    """Calls the provider through gRPC, in an environment that has no local Azure."""

    async def run() -> Any:
        server = grpc.aio.server()
        servicer = PlainErrors([], VERSION, AzureNativeStandIn(lambda: connect({})), "127.0.0.1:1")
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            try:
                return await work(provider_pb2_grpc.ResourceProviderStub(channel))
            finally:
                await server.stop(None)

    return asyncio.run(run())


def test_it_stands_in_for_the_version_that_the_program_asks_for() -> None:
    assert version("pulumi-azure-native") == VERSION


def test_a_failure_is_shown_by_its_text_alone() -> None:
    request = provider_pb2.InvokeRequest(tok="azure-native:authorization:getClientConfig")

    with pytest.raises(grpc.aio.AioRpcError) as failure:
        call_served(lambda stub: stub.Invoke(request))

    assert failure.value.details() == (
        "TWIN_RBAC_LOCAL is not set: this stand-in runs for the local Azure only, by tools/pulumi-local"
    )


@pytest.mark.engine
def test_the_executable_runs_from_anywhere_and_ends_with_its_parent(tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    # The shell is the parent; it says its child's id, and then the child says its port.
    script = f'"{EXECUTABLE}" 127.0.0.1:1 & echo $!; wait'
    with subprocess.Popen(
        ["sh", "-c", script], stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment
    ) as shell:
        assert shell.stdout is not None
        plugin = int(shell.stdout.readline())
        assert 0 < int(shell.stdout.readline()) < 65536
        os.kill(plugin, 0)
        shell.send_signal(signal.SIGKILL)
        # Its output ends when the plugin does.
        assert shell.stdout.read() == ""
