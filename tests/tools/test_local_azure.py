import shutil
import socket
from dataclasses import replace
from pathlib import Path

import certifi
import pytest

from tools.errors import LocalAzureNotRunning
from tools.local_azure import LocalAzure, read_local_azure


def test_the_addresses_come_from_the_ports_file(azure: LocalAzure) -> None:
    assert azure.resource_manager == "https://localhost:43001"
    assert azure.authority == "https://localhost:43002"


def test_a_local_azure_that_was_never_started_is_an_error_that_says_how_to_start_it(tmp_path: Path) -> None:
    with pytest.raises(LocalAzureNotRunning, match="the local Azure is not running; run `make up`"):
        read_local_azure(tmp_path)


def test_a_local_azure_that_nobody_answers_for_is_not_running(azure: LocalAzure) -> None:
    shutil.copyfile(certifi.where(), azure.ca_bundle)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        silent = replace(azure, resource_manager=f"https://localhost:{taken.getsockname()[1]}")
        assert not silent.is_running()


def test_a_local_azure_whose_certificates_are_gone_is_not_running(azure: LocalAzure) -> None:
    assert not azure.is_running()
