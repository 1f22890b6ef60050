"""The files that a program reads; what is wrong with one ends the program with that text alone."""

from pathlib import Path

import pulumi

from twin_rbac.role_tags.errors import GraphFileError, ManifestError
from twin_rbac.role_tags.graph_file import Graph, load_graph
from twin_rbac.role_tags.manifest import Manifest, load_manifest


class InputFileError(pulumi.RunError):
    """A manifest or graph file cannot be used; the text names each wrong place and what to do."""


def read_manifest(path: str) -> Manifest:
    """The role-tags manifest at a path relative to the project.

    Raises:
        InputFileError: it cannot be used.
    """
    try:
        return load_manifest(Path(path))
    except ManifestError as error:
        raise InputFileError(str(error)) from error


def read_graph(path: str) -> Graph:
    """The import-job file at a path relative to the project.

    Raises:
        InputFileError: it cannot be used.
    """
    try:
        return load_graph(Path(path))
    except GraphFileError as error:
        raise InputFileError(str(error)) from error
