import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin_rbac.access import Policy
from twin_rbac.query import (
    NotCertified,
    Query,
    ScopedQuery,
    certify,
    scope_query,
)

DEFINED = "IS_DEFINED(T.tags.role)"
MEMBER = "T.tags.role IN ['Earth', 'Fire']"
GUARD = f"{DEFINED} AND {MEMBER}"
SELECT = "SELECT * FROM DIGITALTWINS T WHERE "
GOOD = f"{SELECT}(T.a = 1 OR T.b = 2) AND {GUARD}"
MANY = [f"r{number:02}" for number in range(60)]


def passes(text: str, *roles: str) -> bool:
    try:
        certify(text, property="tags", key="role", roles=roles or ("Earth", "Fire"))
    except NotCertified:
        return False
    return True


def in_lists(*lists: list[str]) -> str:
    return " OR ".join(f"T.tags.role IN [{', '.join(repr(role) for role in each)}]" for each in lists)


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"{SELECT}{GUARD}",
        f"{SELECT}{MEMBER} AND T.a = 1 AND {DEFINED}",
        f"{SELECT}(NOT T.a = 1) AND {GUARD}",
        f"{SELECT}T.$dtId = 'A' AND $dtId IN ['A', 'B'] AND {GUARD}",
        f"{SELECT}T.a = 'D\\'Souza \\\\ é -- ; )' AND {GUARD}",
        f"{SELECT}T.a = '' AND T.b = '\\\\\\'' AND {GUARD}",
        f"{SELECT}T.[[from]] = 1 AND [[T]].[[a-b c]] != -2.5 AND {GUARD}",
        f"SELECT COUNT() FROM DIGITALTWINS T WHERE {GUARD}",
        f"SELECT TOP(3) T.a, b AS c FROM DIGITALTWINS T WHERE {GUARD}",
        f"{SELECT}IS_DEFINED(T.[[tags]].[[role]]) AND T.tags.[[role]] IN ['Earth', 'Fire']",
        "SELECT * FROM DIGITALTWINS tags WHERE IS_DEFINED(tags.tags.role) AND tags.tags.role IN ['Earth', 'Fire']",
    ],
)
def test_a_guarded_text_passes(text: str) -> None:
    assert passes(text)


@pytest.mark.parametrize(
    "text",
    [
        # The predicate is not there, or not whole
        f"{SELECT}(T.a = 1 OR T.b = 2)",
        f"{SELECT}{DEFINED}",
        f"{SELECT}{MEMBER}",
        "SELECT * FROM DIGITALTWINS T",
        # It is another one
        GOOD.replace("'Fire'", "'Wind'"),
        GOOD.replace("'Fire'", "'fire'"),
        GOOD.replace("'Fire'", "'Fire', 'Wind'"),
        GOOD.replace(", 'Fire'", ""),
        GOOD.replace("'Fire'", "'Fire '"),
        GOOD.replace("'Fire'", "Fire"),
        GOOD.replace("'Earth', 'Fire'", ""),
        GOOD.replace(" IN ", " NIN "),
        GOOD.replace("T.tags.role IN", "T.tags.Role IN"),
        GOOD.replace("T.tags.role IN", "T.Tags.role IN"),
        GOOD.replace("T.tags.role IN", "T.tags.role.x IN"),
        GOOD.replace("T.tags.role IN", "T.x.tags.role IN"),
        GOOD.replace("T.tags.role IN", "T.[[tags.role]] IN"),
        GOOD.replace("IS_DEFINED", "IS_NULL"),
        GOOD.replace(MEMBER, "T.tags.role = 'Earth'"),
        GOOD.replace(MEMBER, "T.tags.role != 'Wind'"),
        # It is about another alias, or about a property that is called like the alias
        GOOD.replace("IS_DEFINED(T.", "IS_DEFINED(U."),
        GOOD.replace("T.tags.role IN", "U.tags.role IN"),
        GOOD.replace("T.tags.role IN", "t.tags.role IN"),
        GOOD.replace("T.tags.role IN", "tags.role IN"),
        GOOD.replace("T.tags.role IN", "[[T]].tags.role IN"),
        GOOD.replace("IS_DEFINED(T.", "IS_DEFINED([[T]]."),
        GOOD.replace("DIGITALTWINS T", "DIGITALTWINS U"),
        GOOD.replace("DIGITALTWINS T", "DIGITALTWINS t"),
        GOOD.replace("DIGITALTWINS T", "DIGITALTWINS"),
        GOOD.replace("DIGITALTWINS T", "DIGITALTWINS T U"),
        # It stands under OR, NOT or in parentheses
        f"{GOOD} OR T.a = 1",
        f"{SELECT}T.a = 1 OR {GUARD}",
        f"{SELECT}(T.a = 1) OR (T.b = 2) AND {GUARD}",
        f"{SELECT}NOT T.a = 1 AND {GUARD}",
        f"{SELECT}T.a = 1 or T.b = 2 AND {GUARD}",
        f"{SELECT}not T.a = 1 AND {GUARD}",
        f"{SELECT}NOT {GUARD}",
        f"{SELECT}NOT ({GUARD})",
        f"{SELECT}T.a = 1 AND NOT ({GUARD})",
        f"{SELECT}T.a = 1 AND ({GUARD})",
        f"{SELECT}(T.a = 1 OR ({GUARD}))",
        f"{SELECT}(T.a = 1 OR {GUARD})",
        f"{SELECT}{DEFINED} AND (T.a = 1 OR {MEMBER})",
        f"{SELECT}{DEFINED} AND NOT {MEMBER}",
        f"{SELECT}{DEFINED} AND not {MEMBER}",
        f"{SELECT}{DEFINED} or {MEMBER}",
        f"{SELECT}{DEFINED} OR {MEMBER}",
        f"{SELECT}(T.a = 1)) OR ((T.b = 2) AND {GUARD}",
        f"{SELECT}(T.a = 1 AND {GUARD}",
        f"{SELECT}T.a = 1) AND {GUARD}",
        f"{SELECT}(T.a = 1] AND {GUARD}",
        f"{SELECT}T.a IN [['x']] AND {GUARD}",
        f"{SELECT}T.a IN ['x') OR (T.b IN 'y'] AND {GUARD}",
        # It is only in a string or after a comment, or the end of a string depends on who reads it
        f"{SELECT}T.a = ' AND {GUARD.replace(chr(39), '')}'",
        f"{SELECT}T.a = 1 -- AND {GUARD}",
        f"{SELECT}T.a = 1 /* AND {GUARD} */",
        f"{SELECT}T.a = 'x\\\\' AND {GUARD}",
        f"{SELECT}T.a = 'x''y' AND {GUARD}",
        f"{SELECT}T.a = 'x\\n' AND {GUARD}",
        f"{SELECT}T.a = 'x\ny' AND {GUARD}",
        f"{SELECT}T.a = 'x\0y' AND {GUARD}",
        f'{SELECT}T.a = "x" AND {GUARD}',
        f"{SELECT}T.[[a--b]] = 1 AND {GUARD}",
        f"{SELECT}T.[[a'b]] = 1 AND {GUARD}",
        f"{SELECT}T.[[a/*]] = 1 AND {GUARD}",
        f"{SELECT}T.é = 1 AND {GUARD}",
        # White space and terminators that a service may read in another way
        GOOD.replace(" AND ", "\u202fAND ", 1),
        GOOD.replace(" AND ", "\u0085AND ", 1),
        GOOD.replace(" AND ", "\nAND ", 1),
        GOOD + ";",
        GOOD + "\0",
        # Other shapes
        f"SELECT * FROM RELATIONSHIPS T WHERE {GUARD}",
        f"SELECT C FROM DIGITALTWINS T JOIN C RELATED T.contains WHERE {GUARD}",
        f"SELECT T FROM DIGITALTWINS MATCH (T) WHERE {GUARD}",
        f"SELECT * FROM DIGITALTWINS T WHERE {GUARD} WHERE {GUARD}",
        f"SELECT * FROM DIGITALTWINS T FROM DIGITALTWINS T WHERE {GUARD}",
        f"SELECT SELECT FROM DIGITALTWINS T WHERE {GUARD}",
        f"SELECT (* FROM DIGITALTWINS T WHERE {GUARD}",
        f"FROM DIGITALTWINS T WHERE {GUARD}",
        f"EXPLAIN {GOOD}",
        f"SELECT * FROM DIGITALTWINS T WHERE T.a IN (SELECT x FROM y) AND {GUARD}",
        f"SELECT * FROM DIGITALTWINS T {GUARD}",
        f"SELECT * FROM DIGITALTWINS MATCH WHERE {GUARD.replace('T.', 'MATCH.')}",
        f"SELECT * FROM DIGITALTWINS [[T]] WHERE {GUARD.replace('T.', '[[T]].')}",
        f"SELECT * FROM DIGITALTWINS $T WHERE {GUARD.replace('T.', '$T.')}",
        "",
    ],
)
def test_a_text_that_is_not_surely_guarded_is_stopped(text: str) -> None:
    assert passes(GOOD)
    assert not passes(text)


def test_roles_may_stand_in_several_lists() -> None:
    lists = in_lists(MANY[:50], MANY[50:])
    assert passes(f"{SELECT}T.a = 1 AND {DEFINED} AND ({lists})", *reversed(MANY))
    assert not passes(f"{SELECT}T.a = 1 AND {DEFINED} AND {lists}", *MANY)
    assert not passes(f"{SELECT}{DEFINED} AND ({lists} OR T.a = 1)", *MANY)
    assert not passes(f"{SELECT}{DEFINED} AND ({lists})", *MANY[:59])
    assert not passes(f"{SELECT}{DEFINED} AND ({in_lists(MANY[:50], [*MANY[50:], 'x'])})", *MANY)


@pytest.mark.parametrize("roles", [[], ["Ea'rth"], ["Earth", ""], ["a\\"], ["a b"], ["Earth\n"]])
def test_roles_that_no_query_may_name_are_stopped(roles: list[str]) -> None:
    with pytest.raises(NotCertified, match="the roles are none that a query may name"):
        certify(GOOD, property="tags", key="role", roles=roles)


def test_the_error_shows_no_value_of_the_query() -> None:
    with pytest.raises(NotCertified) as caught:
        certify(f"{SELECT}T.a = 'secret'", property="tags", key="role", roles=["Earth"])
    assert str(caught.value) == "the role predicate does not restrict the alias T"


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_every_scoped_query_passes_and_none_of_its_damaged_copies(
    data: st.DataObject, scopable_queries: st.SearchStrategy[Query]
) -> None:
    query = data.draw(scopable_queries)
    answer = scope_query(query, ["Fire", "Earth"], Policy(roles=frozenset({"Earth", "Fire"})))
    assert isinstance(answer, ScopedQuery)
    text = answer.text
    assert passes(text)
    before, guard = text[: text.rindex("IS_DEFINED(")], text[text.rindex("IS_DEFINED(") :]
    assert not passes(f"{text} OR {guard}")
    assert not passes(f"{before}({guard})")
    assert not passes(f"{before}NOT {guard}")
    assert not passes(before + guard.replace("'Earth', ", ""))
    assert not passes(before + guard.partition(" AND ")[0])
    assert not passes(before + guard.partition(" AND ")[2])
    assert not passes(before.removesuffix(" AND ") + " OR " + guard)
    assert not passes(text.replace(" WHERE ", " WHERE NOT ", 1))
    assert not passes(text, "Earth")
    assert not passes(text, "Earth", "Fire", "Wind")
