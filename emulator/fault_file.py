"""Faults as people and tests write them down, checked before any of them acts."""

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from emulator.errors import FileDamaged
from emulator.fault_middleware import APP_SERVICE, BLOB, DIGITAL_TWINS, ENTRA, GRAPH, RESOURCE_MANAGER, SCM
from emulator.faults import FailingCall, Faults, When

_SERVICES = (DIGITAL_TWINS, RESOURCE_MANAGER, ENTRA, GRAPH, BLOB, APP_SERVICE, SCM)


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
        for name in set(document) & {"failing_publishes"}:
            _check(name, document[name], _is_count(document[name]), "a whole number, 0 or more")
        for name in set(document) - {"failing_calls", "failing_publishes", "outside"}:
            _check(name, document[name], _is_duration(getattr(trial, name)), "seconds, 0 or more")
        for call in trial.failing_calls:
            _check_call(call)
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


def _check_call(call: FailingCall) -> None:
    re.compile(call.method)
    re.compile(call.path)
    _check("service", call.service, call.service in _SERVICES, " or ".join(_SERVICES))
    _check("status", call.status, call.status is None or _is_count(call.status, 200, 599), "a number from 200 to 599")
    _check("code", call.code, call.code is None or isinstance(call.code, str), "a text")
    _check("share", call.share, _is_share(call.share), "a number from 0 to 1")
    _check("burst", call.burst, _is_count(call.burst, 1), "a whole number, 1 or more")
    _check("when", call.when, call.when in get_args(When), " or ".join(get_args(When)))
    counts = {"retry_after": call.retry_after or 0, "skip": call.skip, "times": call.times}
    for name, value in {**counts, "seed": call.seed, "drawn": call.drawn}.items():
        _check(name, value, _is_count(value), "a whole number, 0 or more")


def _check(name: str, value: object, holds: bool, right: str) -> None:  # noqa: FBT001  # what was asked of the value
    if not holds:
        raise ValueError(f"{name} is {value!r}: give {right}")


def _is_duration(value: float) -> bool:
    return 0 <= value < math.inf


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _is_count(value: object, lowest: int = 0, highest: float = math.inf) -> bool:
    return type(value) is int and lowest <= value <= highest
