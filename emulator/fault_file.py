"""Faults as people and tests write them down, checked before any of them acts."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from emulator.errors import FileDamaged
from emulator.faults import Faults


def check_faults(document: object) -> Mapping[str, Any]:
    """The document, once `Faults.update` is known to take all of it.

    Raises:
        ValueError: it names what is no fault, or gives it no usable value.
    """
    if not isinstance(document, Mapping):
        raise ValueError("faults are a mapping of their names to values")  # noqa: TRY004 - one kind of error
    trial = Faults()
    try:
        trial.update(document)
        for call in trial.failing_calls:
            re.compile(call.method)
            re.compile(call.path)
    except (TypeError, re.error) as exc:
        raise ValueError(str(exc)) from exc
    return document


def load_faults(path: Path) -> Mapping[str, Any]:
    """The faults in a YAML or JSON file.

    Raises:
        FileDamaged: it cannot be read, or names what is no fault.
    """
    try:
        return check_faults(YAML(typ="safe", pure=True).load(path))
    except (OSError, YAMLError, ValueError) as exc:
        raise FileDamaged(path, exc, "correct the faults, or leave --faults out") from exc
