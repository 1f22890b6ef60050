"""The certifier: reads the text that is about to be sent, and lets it pass only with the role predicate in force.

Written apart from the parser, the renderer and the rewriter, and imports none of them, so that a mistake of theirs
does not pass twice. It knows no more of the language than it needs: one collection of twins with an alias, and WHERE
as conjuncts of which two are the predicate. It reads less than the service does, and refuses what could be read in
two ways: comments, white space other than blanks, characters outside ASCII unless in a string, a string whose end
depends on whether the service unescapes backslashes, OR and NOT beside the predicate (fact sheet adt-query-language,
section 10).
"""

import re
from collections.abc import Collection, Sequence

from twin_rbac.query.errors import NotCertified

_MOST_ITEMS = 50
_ROLE = re.compile(r"[A-Za-z0-9_-]+")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_TOKEN = re.compile(
    r"""
      [ ]++
    | '(?:[^'\\\x00-\x1f]|\\['\\])*+ (?<!\\\\) '(?!')
    | \[\[ (?:[A-Za-z0-9_$ .:]|-(?!-))++ \]\]
    | \$?[A-Za-z][A-Za-z0-9_]*+
    | -?[0-9]++(?:\.[0-9]++)?
    | [<>!]= | (?!\[\[)[()\[\],.*=<>]
    """,
    re.VERBOSE,
)
_CLOSING = {"(": ")", "[": "]"}
# fmt: off
_NO_ALIAS = frozenset({
    "AND", "ARRAY_CONTAINS", "AS", "CONTAINS", "COUNT", "DIGITALTWINS", "ENDSWITH", "EXACT", "FALSE", "IN", "IS_BOOL",
    "IS_DEFINED", "IS_NULL", "IS_NUMBER", "IS_OBJECT", "IS_OF_MODEL", "IS_PRIMITIVE", "IS_STRING", "JOIN", "MATCH",
    "NIN", "NOT", "NULL", "OR", "RELATED", "RELATIONSHIPS", "STARTSWITH", "TOP", "TRUE",
})
# fmt: on


def certify(text: str, *, property: str, key: str, roles: Collection[str]) -> None:  # noqa: A002  # the policy's word
    """Passes a query whose every twin carries one of the roles in `property.key`.

    Raises:
        NotCertified: it may also find others, or is not of the one form that can be judged.
    """
    tokens = _read(text)
    words = [token.upper() for token in tokens]
    if words[:1] != ["SELECT"] or any(words.count(word) != 1 for word in ("SELECT", "FROM", "WHERE")):
        raise NotCertified("the text is not one SELECT, FROM and WHERE")
    start, end = words.index("FROM"), words.index("WHERE")
    if end != start + 3 or words[start + 1] != "DIGITALTWINS":
        raise NotCertified("FROM is not DIGITALTWINS with one alias")
    alias = tokens[start + 2]
    if not _NAME.fullmatch(alias) or alias.upper() in _NO_ALIAS:
        raise NotCertified("the alias is no name")
    _conjuncts(tokens[1:start])  # for its checks: every bracket that SELECT opens is closed in it
    found = [_without_brackets(conjunct) for conjunct in _conjuncts(tokens[end + 1 :])]
    if any(conjunct not in found for conjunct in _predicate([alias, ".", property, ".", key], roles)):
        raise NotCertified(f"the role predicate does not restrict the alias {alias}")


def _read(text: str) -> list[str]:
    tokens: list[str] = []
    offset = 0
    while offset < len(text):
        match = _TOKEN.match(text, offset)
        if match is None:
            raise NotCertified(f"what starts at character {offset + 1} is nothing that can be judged")
        if not match[0].isspace():
            tokens.append(match[0])
        offset = match.end()
    return tokens


def _conjuncts(tokens: Sequence[str]) -> list[list[str]]:
    """The tokens between the ANDs that stand in no brackets."""
    conjuncts: list[list[str]] = [[]]
    expected: list[str] = []
    for token in tokens:
        if not expected and token.upper() in {"OR", "NOT"}:
            raise NotCertified(f"{token.upper()} outside parentheses")
        if not expected and token.upper() == "AND":
            conjuncts.append([])
            continue
        if token in _CLOSING:
            expected.append(_CLOSING[token])
        elif token in _CLOSING.values() and (not expected or expected.pop() != token):
            raise NotCertified(f"a {token} that closes nothing")
        conjuncts[-1].append(token)
    if expected:
        raise NotCertified(f"a missing {expected[-1]}")
    return conjuncts


def _without_brackets(tokens: Sequence[str]) -> list[str]:
    """`[[name]]` behind a dot is the name; at the start of a path it is no alias, and stays as it is."""
    pairs = zip(["", *tokens], tokens, strict=False)
    return [token[2:-2] if before == "." and token.startswith("[[") else token for before, token in pairs]


def _predicate(path: list[str], roles: Collection[str]) -> list[list[str]]:
    """The two conjuncts that have to be there, as tokens."""
    names = sorted(set(roles))
    if not names or not all(_ROLE.fullmatch(name) for name in names):
        raise NotCertified("the roles are none that a query may name")
    membership: list[str] = []
    for first in range(0, len(names), _MOST_ITEMS):
        membership += ["OR"] if first else []
        membership += [*path, "IN", "["]
        for name in names[first : first + _MOST_ITEMS]:
            membership += [f"'{name}'", ","]
        membership[-1] = "]"
    several = len(names) > _MOST_ITEMS
    return [["IS_DEFINED", "(", *path, ")"], ["(", *membership, ")"] if several else membership]
