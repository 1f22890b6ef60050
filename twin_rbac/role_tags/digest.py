"""How a resource keeps a map of twins: as it is, or, where it is long, as a digest for each role; pure.

A preview shows a line for each key of a map. That of very many twins is therefore kept as one line for each role, and
the whole of it compressed under a key that Pulumi hides, so that a twin that leaves is still known.
"""

import base64
import binascii
import hashlib
import json
import zlib
from collections import defaultdict
from collections.abc import Collection, Mapping

from twin_rbac.role_tags.errors import RoleTagsError
from twin_rbac.role_tags.model import TagRules, decode_ids, encode_ids

MOST_SHOWN = 10_000
"""How many twins a map names one by one."""
WHOLE = "__twins"
"""The key of the compressed map: Pulumi hides keys that begin so, in a comparison if it is told so (`hide_diffs`)."""

_HIDDEN = "__"
_ESCAPE = "\\"
"""Stands before ids that would be hidden, or that begin with it themselves."""
_OTHERS = "(no role of the manifest)"
_DIGITS = 16
_COMPRESSED = "zlib:"
"""Begins no text of `encode_ids`, which leaves no colon."""
_DAMAGED = "the recorded map of twins is damaged; import the state from before (pulumi stack export --version)"


def pack(twins: Mapping[str, str], rules: TagRules, *, before: Mapping[str, str] | None = None) -> dict[str, str]:
    """The map as a resource's input or output.

    Args:
        twins: twin -> role, marker roles joined.
        rules: the manifest's rules: which roles there are.
        before: what an earlier call gave. Where it means the same, its compressed text is kept: another version of the
            library may compress otherwise, and that would look like a change.

    Returns:
        The map with its ids escaped; of more than `MOST_SHOWN` twins role -> count and digest, and all of it under
        `WHOLE`.
    """
    if len(twins) <= MOST_SHOWN:
        return {_escape(twin_id): role for twin_id, role in twins.items()}
    kept = before.get(WHOLE) if before else None
    if kept is None or unpack({WHOLE: kept}) != twins:
        kept = _compress(twins)
    return {**_digests(twins, rules), WHOLE: kept}


def unpack(packed: Mapping[str, str] | None) -> dict[str, str]:
    """The map twin -> role from what `pack` gave; empty for None.

    Raises:
        RoleTagsError: the compressed part is damaged.
    """
    packed = packed or {}
    if WHOLE in packed:
        return _decompress(packed[WHOLE])
    return {_unescape(key): role for key, role in packed.items()}


def pack_ids(ids: Collection[str], *, before: str | None = None) -> str:
    """Ids as one text, compressed where they are more than `MOST_SHOWN`.

    `before` is what an earlier call gave; where it means the same, it is kept, as by `pack`.
    """
    if len(ids) <= MOST_SHOWN:
        return encode_ids(ids)
    if before and before.startswith(_COMPRESSED) and unpack_ids(before) == frozenset(ids):
        return before
    return _COMPRESSED + _compress_text(encode_ids(ids))


def unpack_ids(text: str | None) -> frozenset[str]:
    """The ids from what `pack_ids` gave; none for None.

    Raises:
        RoleTagsError: the text is damaged.
    """
    text = text or ""
    return decode_ids(_decompress_text(text.removeprefix(_COMPRESSED)) if text.startswith(_COMPRESSED) else text)


def _escape(twin_id: str) -> str:
    return _ESCAPE + twin_id if twin_id.startswith((_HIDDEN, _ESCAPE)) else twin_id


def _unescape(key: str) -> str:
    return key.removeprefix(_ESCAPE)


def _digests(twins: Mapping[str, str], rules: TagRules) -> dict[str, str]:
    known = frozenset(rules.roles)
    groups: dict[str, list[str]] = defaultdict(list)
    for twin_id, text in twins.items():
        roles = rules.split(text)
        for role in roles & known:
            groups[_escape(role)].append(twin_id)
        if not roles <= known:
            # What somebody wrote by hand: the value counts, as each may be another.
            groups[_OTHERS].append(json.dumps([twin_id, text]))
    return {role: _digest(items) for role, items in sorted(groups.items())}


def _digest(items: list[str]) -> str:
    digest = hashlib.sha256(json.dumps(sorted(items)).encode()).hexdigest()[:_DIGITS]
    return f"{len(items):,} {'twin' if len(items) == 1 else 'twins'}, sha256:{digest}"


def _compress(twins: Mapping[str, str]) -> str:
    groups: dict[str, list[str]] = defaultdict(list)
    for twin_id in sorted(twins):
        groups[twins[twin_id]].append(twin_id)
    return _compress_text(json.dumps(groups, sort_keys=True, separators=(",", ":")))


def _decompress(text: str) -> dict[str, str]:
    try:
        groups = json.loads(_decompress_text(text))
        return {twin_id: role for role, ids in groups.items() for twin_id in ids}
    except (ValueError, AttributeError, TypeError) as error:
        raise RoleTagsError(_DAMAGED) from error


def _compress_text(text: str) -> str:
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def _decompress_text(text: str) -> str:
    try:
        return zlib.decompress(base64.b64decode(text, validate=True)).decode()
    except (binascii.Error, zlib.error, ValueError) as error:
        raise RoleTagsError(_DAMAGED) from error
