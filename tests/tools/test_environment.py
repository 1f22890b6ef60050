import os

import pytest

from tools.engine import Engine
from tools.environment import local_settings, without_foreign_settings
from tools.errors import UnknownPrincipal
from tools.local_azure import LocalAzure

FOREIGN = [
    "ARM_CLIENT_SECRET",
    "ARM_SUBSCRIPTION_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_CONFIG_DIR",
    "PULUMI_ACCESS_TOKEN",
    "PULUMI_BACKEND_URL",
    "PULUMI_STACK",
    "IDENTITY_SERVER_THUMBPRINT",
    "MSI_ENDPOINT",
    "PYTHONPATH",
]


def test_no_account_backend_or_identity_of_the_shell_gets_through() -> None:
    kept = without_foreign_settings({**dict.fromkeys(FOREIGN, "theirs"), "HOME": "/home/someone", "ARMOUR": "steel"})
    assert kept == {"HOME": "/home/someone", "ARMOUR": "steel"}


def test_the_backend_the_stack_and_the_plugins_are_the_local_folders(azure: LocalAzure, engine: Engine) -> None:
    settings = local_settings(azure, engine, principal="deployer", environ={"PATH": "/usr/bin"})
    assert settings["PULUMI_BACKEND_URL"] == f"file://{azure.folder}/backend"
    assert settings["PULUMI_HOME"] == f"{azure.folder}/pulumi-home"
    assert settings["PULUMI_STACK"] == "local"
    assert settings["PULUMI_IGNORE_AMBIENT_PLUGINS"] == "true"
    assert settings["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"


def test_the_credential_is_the_managed_identity_of_the_principal(azure: LocalAzure, engine: Engine) -> None:
    settings = local_settings(azure, engine, principal="tagger", environ={})
    assert settings["IDENTITY_ENDPOINT"] == "https://localhost:43002/msi/token"
    assert settings["IDENTITY_HEADER"] == "tagger-secret"
    assert settings["AZURE_TOKEN_CREDENTIALS"] == "ManagedIdentityCredential"
    assert settings["SSL_CERT_FILE"] == settings["REQUESTS_CA_BUNDLE"] == f"{azure.folder}/tls/bundle.pem"


def test_the_engine_and_the_environments_python_come_first_on_path(azure: LocalAzure, engine: Engine) -> None:
    settings = local_settings(azure, engine, principal="deployer", environ={"PATH": "/usr/bin"})
    first, second, third = settings["PATH"].split(os.pathsep)
    assert first == str(engine.folder)
    assert second.endswith(".venv/bin")
    assert third == "/usr/bin"


def test_bytecode_is_written_even_if_the_shell_says_otherwise(azure: LocalAzure, engine: Engine) -> None:
    settings = local_settings(azure, engine, principal="deployer", environ={"PYTHONDONTWRITEBYTECODE": "1"})
    assert settings["PYTHONDONTWRITEBYTECODE"] == ""


def test_an_unknown_principal_is_named_with_those_there_are(azure: LocalAzure, engine: Engine) -> None:
    with pytest.raises(UnknownPrincipal, match=r"--as nobody: .* it has deployer, tagger"):
        local_settings(azure, engine, principal="nobody", environ={})
