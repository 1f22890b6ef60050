"""Reads directory.yaml; every error names file, line and column, and what to do."""

import uuid
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from emulator.entra.directory import GROUP, SERVICE_PRINCIPAL, USER, Directory, Principal, StandingAssignment
from emulator.entra.errors import DirectoryInvalid
from emulator.entra.graph.access import PERMISSIONS

_TYPES = (USER, GROUP, SERVICE_PRINCIPAL)
_REQUIRED = {USER: {"type", "objectId"}, GROUP: {"type", "objectId"}, SERVICE_PRINCIPAL: {"type", "objectId", "appId"}}
_OPTIONAL = {USER: {"owner"}, GROUP: {"members"}, SERVICE_PRINCIPAL: {"owner", "graphPermissions"}}


def load_directory(path: Path) -> Directory:
    """The directory that the file describes.

    Raises:
        DirectoryInvalid: the file cannot be read, or breaks a rule; the first problem is named.
    """
    return _Reader(path).read()


class _Reader:
    """Turns the file's YAML, which knows its lines, into values."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Directory:
        top = self._load()
        self._check_keys(top, required={"tenantId", "subscriptionId", "principals"}, optional={"standingAssignments"})
        rows = self._mapping(top, "principals")
        object_ids = {str(name): self._object_id(rows, name) for name in rows}
        self._refuse_twice(rows, object_ids)
        principals = tuple(self._principal(rows, name, object_ids) for name in rows)
        standing = self._list(top, "standingAssignments")
        return Directory(
            tenant_id=self._uuid(top, "tenantId"),
            subscription_id=self._uuid(top, "subscriptionId"),
            principals=principals,
            standing_assignments=tuple(
                self._standing_assignment(standing, position, object_ids) for position in range(len(standing))
            ),
        )

    def _load(self) -> CommentedMap:
        try:
            document = YAML(typ="rt").load(self._path)
        except OSError as exc:
            raise DirectoryInvalid(str(self._path), f"cannot be read ({exc.strerror}): name a readable file") from exc
        except MarkedYAMLError as exc:
            mark = exc.problem_mark
            line, column = (mark.line, mark.column) if mark else (0, 0)
            raise self._error(line, column, f"not YAML: {exc.problem}: correct the syntax") from exc
        except YAMLError as exc:
            raise self._error(0, 0, f"not YAML: {exc}: correct the syntax") from exc
        if not isinstance(document, CommentedMap):
            raise self._error(0, 0, "a mapping is expected: write tenantId, subscriptionId and principals")
        return document

    def _object_id(self, rows: CommentedMap, name: Any) -> str:
        row = self._mapping(rows, name)
        if row.get("type") not in _TYPES:
            raise self._at(row, "type", f"type is {row.get('type')!r}: write one of {', '.join(_TYPES)}")
        self._check_keys(row, required=_REQUIRED[row["type"]], optional=_OPTIONAL[row["type"]])
        return self._uuid(row, "objectId")

    def _principal(self, rows: CommentedMap, name: Any, object_ids: Mapping[str, str]) -> Principal:
        row: CommentedMap = rows[name]
        members = self._list(row, "members")
        for position, member in enumerate(members):
            if str(member) not in object_ids:
                raise self._at(members, position, f"member {member!r} is no principal: add it, or take it out")
        owner = row.get("owner", False)
        if not isinstance(owner, bool):
            raise self._at(row, "owner", f"owner is {owner!r}: write true or false")
        return Principal(
            name=str(name),
            object_id=object_ids[str(name)],
            type=row["type"],
            members=tuple(object_ids[str(member)] for member in members),
            app_id=self._uuid(row, "appId") if "appId" in row else None,
            owner=owner,
            graph_permissions=self._graph_permissions(row),
        )

    def _graph_permissions(self, row: CommentedMap) -> frozenset[str]:
        permissions = self._list(row, "graphPermissions")
        for position, permission in enumerate(permissions):
            if permission not in PERMISSIONS:
                known = ", ".join(PERMISSIONS)
                raise self._at(permissions, position, f"unknown graph permission {permission!r}: there are {known}")
        return frozenset(permissions)

    def _standing_assignment(
        self, items: CommentedSeq, position: int, object_ids: Mapping[str, str]
    ) -> StandingAssignment:
        item = items[position]
        if not isinstance(item, CommentedMap):
            raise self._at(items, position, f"standing assignment {item!r}: write principal, role and scope")
        self._check_keys(item, required={"principal", "role", "scope"}, optional=set())
        if str(item["principal"]) not in object_ids:
            raise self._at(item, "principal", f"{item['principal']!r} is no principal: add it under principals")
        if not str(item["scope"]).startswith("/"):
            raise self._at(item, "scope", f"scope {item['scope']!r} is no ARM scope: write /subscriptions/…")
        return StandingAssignment(str(item["principal"]), str(item["role"]), str(item["scope"]))

    def _refuse_twice(self, rows: CommentedMap, object_ids: Mapping[str, str]) -> None:
        first: dict[str, str] = {}
        for name, object_id in object_ids.items():
            if object_id in first:
                problem = f"object id {object_id} is that of {first[object_id]!r} already: give each its own"
                raise self._at(rows[name], "objectId", problem)
            first[object_id] = name

    def _check_keys(self, mapping: CommentedMap, *, required: Collection[str], optional: Collection[str]) -> None:
        known = ", ".join(sorted({*required, *optional}))
        for key in mapping:
            if key not in required and key not in optional:
                raise self._at(mapping, key, f"unknown key {key!r}: there are {known}")
        for key in sorted(required):
            if key not in mapping:
                raise self._error(mapping.lc.line, mapping.lc.col, f"{key} is missing: add it")

    def _mapping(self, parent: CommentedMap, key: Any) -> CommentedMap:
        value = parent[key]
        if not isinstance(value, CommentedMap):
            raise self._at(parent, key, f"{key} is {value!r}: write a mapping")
        return value

    def _list(self, parent: CommentedMap, key: str) -> CommentedSeq:
        value = parent.get(key, CommentedSeq())
        if not isinstance(value, CommentedSeq):
            raise self._at(parent, key, f"{key} is {value!r}: write a list")
        return value

    def _uuid(self, mapping: CommentedMap, key: str) -> str:
        try:
            return str(uuid.UUID(str(mapping[key])))
        except ValueError as exc:
            raise self._at(mapping, key, f"{key} is {mapping[key]!r}: write a UUID") from exc

    def _at(self, parent: CommentedMap | CommentedSeq, key: Any, problem: str) -> DirectoryInvalid:
        # A key that is missing has no place of its own: its mapping has.
        line, column = (parent.lc.data or {}).get(key, (parent.lc.line, parent.lc.col))[:2]
        return self._error(line, column, problem)

    def _error(self, line: int, column: int, problem: str) -> DirectoryInvalid:
        return DirectoryInvalid(f"{self._path}:{line + 1}:{column + 1}", problem)
