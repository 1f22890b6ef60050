"""Writes a manifest, as YAML that `load_manifest` reads back."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from twin_rbac.role_tags.errors import RoleTagsError
from twin_rbac.role_tags.manifest_values import (
    ShapeError,
    check_path_segment,
    check_role_name,
    check_text,
    check_twin_id,
    find_marker_flaw,
)
from twin_rbac.role_tags.model import Limits, TagRules

_SHOWN = 20
# Text that no reader of YAML, 1.1 or 1.2, takes for anything else; with `y` and `no`, whatever the case.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})


def manifest_text(rules: TagRules, twins: Mapping[str, str], *, schema: str | None = None) -> str:
    """A manifest of one file.

    Args:
        rules: everything but the twins.
        twins: twin -> role; with markers its roles, as `join_roles` gives them.
        schema: where an editor finds the JSON Schema; named in the first line.

    Raises:
        RoleTagsError: a manifest cannot say this: there are no roles, or an id, a name or a pattern is none that a
            manifest may hold. The text names each.
    """
    listed = _group(rules, twins)
    _require_sayable(rules, twins, listed)
    lines = [f"# yaml-language-server: $schema={schema}"] if schema else []
    lines += _settings(rules)
    lines += ["roles:", *(f"  {_quote(role)}: {{}}" for role in rules.roles)]
    lines += ["tags:", *_entries(listed)] if listed else ["tags: []"]
    lines += ["ignore:", *(f"  - {_quote(pattern)}" for pattern in rules.ignore)] if rules.ignore else []
    return "\n".join([*lines, ""])


def _group(rules: TagRules, twins: Mapping[str, str]) -> dict[str, list[str]]:
    """Role -> its twins, both sorted."""
    listed: dict[str, list[str]] = {}
    for twin_id, text in twins.items():
        for role in rules.split(text):
            listed.setdefault(role, []).append(twin_id)
    return {role: sorted(ids) for role, ids in sorted(listed.items())}


def _settings(rules: TagRules) -> Iterator[str]:
    yield "version: 1"
    yield f"property: {_quote(rules.property)}"
    if rules.encoding == "value":
        yield f"key: {_quote(rules.key)}"
    yield f"encoding: {rules.encoding}"
    if rules.missing != "error":
        yield f"missing: {rules.missing}"
    if rules.unlisted != "report":
        yield f"unlisted: {rules.unlisted}"
    if rules.limits != Limits():
        limits = rules.limits
        yield f"limits: {{add: {limits.add}%, change: {limits.change}%, remove: {limits.remove}%}}"


def _entries(listed: Mapping[str, list[str]]) -> Iterator[str]:
    for role, twin_ids in listed.items():
        yield f"  - role: {_quote(role)}"
        yield "    twins:"
        yield from (f"      - {_quote(twin_id)}" for twin_id in twin_ids)


def _quote(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return '"' + "".join(map(_escape, text)) + '"'


def _escape(character: str) -> str:
    if character in {'"', "\\"}:
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _require_sayable(rules: TagRules, twins: Mapping[str, str], listed: Mapping[str, list[str]]) -> None:
    flaws = [
        *_find_flaws([rules.property, *([rules.key] if rules.encoding == "value" else [])], check_path_segment),
        *_find_flaws(rules.roles, check_role_name),
        *_find_flaws(rules.ignore, check_text),
        *_find_flaws(sorted(twins), check_twin_id),
        *(
            f"the role {role!r} of {listed[role][0]!r} is not among the roles"
            for role in sorted({*listed} - {*rules.roles})
        ),
        *(f"twin {twin_id!r} is both listed and ignored" for twin_id in sorted(twins) if rules.ignores(twin_id)),
    ]
    if rules.encoding == "marker":
        flaws += filter(None, map(find_marker_flaw, rules.roles))
    if not rules.roles:
        flaws.append("there are no roles")
    if flaws:
        more = [f"  and {len(flaws) - _SHOWN} more"] if len(flaws) > _SHOWN else []
        lines = [f"  {flaw}" for flaw in flaws[:_SHOWN]]
        raise RoleTagsError("\n".join(["no manifest can say this; leave it out:", *lines, *more]))


def _find_flaws(texts: Iterable[str], check: Callable[[object], object]) -> Iterator[str]:
    for text in texts:
        try:
            check(text)
        except ShapeError as error:
            yield f"{text!r}: {error}"
