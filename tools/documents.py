"""Small files that the tools read and write: whole or not at all, since a run may be killed at any moment."""

import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from tools.errors import ToolError


def write_text(path: Path, text: str) -> None:
    """Replaces the file in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    partial.write_text(text)
    partial.replace(path)


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Replaces the file by a JSON object."""
    write_text(path, json.dumps(document))


def write_yaml(path: Path, document: Mapping[str, Any]) -> None:
    """Replaces the file by a YAML mapping."""
    text, yaml = io.StringIO(), YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.width = 4096
    yaml.dump(dict(document), text)
    write_text(path, text.getvalue())


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in the file; empty when there is no file."""
    return dict(json.loads(path.read_text())) if path.exists() else {}


def read_yaml(path: Path) -> dict[str, Any]:
    """The YAML mapping in the file; empty when there is no file or nothing in it.

    Raises:
        ToolError: naming the file and the place that is no YAML.
    """
    if not path.exists():
        return {}
    try:
        document = YAML(typ="safe", pure=True).load(path)
    except YAMLError as exc:
        raise ToolError(f"{path}: {exc}") from exc
    if not isinstance(document or {}, dict):
        raise ToolError(f"{path}: this is no mapping of settings; write `config:` and the settings below it")
    return dict(document or {})
