"""The environment that pulumi, its plugins and our command run in against the local Azure."""

import os
from collections.abc import Mapping

from tools.arguments import STACK
from tools.checkout import VENV
from tools.engine import Engine
from tools.local_azure import LocalAzure

_FOREIGN_PREFIXES = ("ARM_", "AZURE_", "PULUMI_", "IDENTITY_", "MSI_")
"""Variables of the person's shell that choose an account, a backend or an identity: none may reach the local stack,
and no real secret may reach the emulator."""
_FOREIGN = {"IMDS_ENDPOINT", "PYTHONHOME", "PYTHONPATH", "SSL_CERT_DIR"}

# Guards nothing: the state that it encrypts lies beside it, and holds no secret of anybody's.
_PASSPHRASE = "local"  # noqa: S105


def local_settings(
    azure: LocalAzure, engine: Engine, *, principal: str, environ: Mapping[str, str]
) -> Mapping[str, str]:
    """What is set for a run as the principal.

    Raises:
        UnknownPrincipal: the directory has no principal of that name.
    """
    folder = azure.folder
    bundle = str(azure.ca_bundle)
    return {
        "PATH": os.pathsep.join([str(engine.folder), str(VENV / "bin"), environ.get("PATH", os.defpath)]),
        "PULUMI_HOME": str(folder / "pulumi-home"),
        "PULUMI_BACKEND_URL": f"file://{folder / 'backend'}",
        "PULUMI_STACK": STACK,
        "PULUMI_CONFIG_PASSPHRASE": _PASSPHRASE,
        "PULUMI_PYTHON_CMD": str(VENV / "bin" / "python"),
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        # The stand-in plugins lie in PULUMI_HOME; no other plugin may be downloaded or found.
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
        # A shell that turns bytecode off would triple the time that every plugin takes to start.
        "PYTHONDONTWRITEBYTECODE": "",
        "TWIN_RBAC_LOCAL": str(folder),
        # App Service's managed-identity protocol: the one credential that works here unmodified.
        "IDENTITY_ENDPOINT": f"{azure.authority}/msi/token",
        "IDENTITY_HEADER": azure.identity_secret(principal),
        "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
        "SSL_CERT_FILE": bundle,
        "REQUESTS_CA_BUNDLE": bundle,
        "NODE_EXTRA_CA_CERTS": bundle,
        "NO_PROXY": "localhost",
        "no_proxy": "localhost",
    }


def without_foreign_settings(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The person's environment without what could lead a run to a real account or backend."""
    return {
        name: value
        for name, value in environ.items()
        if not name.startswith(_FOREIGN_PREFIXES) and name not in _FOREIGN
    }
