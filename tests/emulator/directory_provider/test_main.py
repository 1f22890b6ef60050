import asyncio
import os
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from emulator.directory_provider.__main__ import VERSION
from emulator.directory_provider.graph import Graph
from emulator.directory_provider.provider import AzureAdStandIn
from emulator.provider.serving import PlainErrors

EXECUTABLE = Path(__file__).parents[3] / "emulator" / "directory_provider" / "bin" / "pulumi-resource-azuread"


def test_it_stands_in_for_the_version_that_the_program_asks_for() -> None:
    assert version("pulumi-azuread") == VERSION


def test_a_failure_is_shown_by_its_text_alone() -> None:
    async def invoke() -> None:
        server = grpc.aio.server()
        servicer = PlainErrors([], VERSION, AzureAdStandIn(lambda: Graph.connect({})), "127.0.0.1:1")
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            try:
                request = provider_pb2.InvokeRequest(tok="azuread:index/getClientConfig:getClientConfig")
                await provider_pb2_grpc.ResourceProviderStub(channel).Invoke(request)
            finally:
                await server.stop(None)

    with pytest.raises(grpc.aio.AioRpcError) as failure:
        asyncio.run(invoke())

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
