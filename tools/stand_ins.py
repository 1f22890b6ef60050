"""Puts the stand-in plugins where the local stack's Pulumi, and no other, looks for plugins.

A plugin on PATH is found too, but Pulumi warns about it up to ten times a run, and any other plugin on the person's
PATH would be found the same way. So the local PULUMI_HOME holds the stand-ins in the places of the real ones, and
PULUMI_IGNORE_AMBIENT_PLUGINS closes PATH.
"""

import shlex
from importlib.metadata import version
from pathlib import Path

from tools.checkout import CHECKOUT

_PLUGINS = {
    "azure-native": ("pulumi-azure-native", "emulator/provider"),
    "azuread": ("pulumi-azuread", "emulator/directory_provider"),
}
"""Name of the plugin to the Python package whose version the engine asks for, and the folder of the stand-in."""


def install_stand_ins(pulumi_home: Path) -> None:
    """Makes every stand-in findable in the version that the program asks for.

    Those of earlier versions stay: a state that was written with them still asks for them.
    """
    for name, (package, folder) in _PLUGINS.items():
        executable = CHECKOUT / folder / "bin" / f"pulumi-resource-{name}"
        place = pulumi_home / "plugins" / f"resource-{name}-v{version(package)}" / executable.name
        script = f'#!/bin/sh\nexec {shlex.quote(str(executable))} "$@"\n'
        if not place.exists() or place.read_text() != script:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(script)
            place.chmod(0o755)
