import asyncio
import base64
import json
from typing import Any

import pytest

from tests.twin_rbac.gateway.world import EARTH, FIRE, INSTANCE, STRANGER, TENANT, WIND, TestClock, World, twin
from twin_rbac.clients.errors import InvalidRequest
from twin_rbac.gateway.errors import InvalidContinuationToken
from twin_rbac.gateway.identity import Caller
from twin_rbac.gateway.pages import Binding, Continuation, Pages, ProcessKeys, digest_of

ALL = "SELECT * FROM DIGITALTWINS"
OTHER = "SELECT * FROM DIGITALTWINS T"
PAGED = [twin(f"e{number}", {"role": "Earth"}) for number in range(5)] + [
    twin(f"f{number}", {"role": "Fire"}) for number in range(5)
]
ONE_ROW = {"max-items-per-page": "1"}


@pytest.fixture
def paged() -> Any:
    """A gateway over a graph that does not fit a page of one row."""
    world = World(PAGED)
    yield world
    asyncio.run(world.close())


def first_token(world: World, object_id: str = EARTH, text: str = ALL) -> str:
    token = world.query(object_id, text, headers=ONE_ROW).json["continuationToken"]
    assert isinstance(token, str)
    world.instance.asked.clear()
    return token


def is_refused(world: World, token: Any, object_id: str = EARTH, text: str | None = None) -> bool:
    """Whether the token gets the one answer for all that do not open, and the instance is not asked."""
    reply = world.query(object_id, text, continuation=token, headers=ONE_ROW)
    asked = len(world.instance.asked)
    expected = b'{"error":{"code":"InvalidContinuationToken","message":"The continuation token is invalid or has '
    expected += b'expired. Start the query again."}}'
    return (reply.status, reply.body, asked) == (400, expected, 0)


@pytest.mark.parametrize("sends_query", [True, False])
def test_the_pages_of_a_query_hold_each_row_once(*, paged: World, sends_query: bool) -> None:
    found: list[str] = []
    reply = paged.query(EARTH, ALL, headers={"max-items-per-page": "2"})
    while True:
        found += reply.ids
        token = reply.json["continuationToken"]
        if token is None:
            break
        text = ALL if sends_query else None
        reply = paged.query(EARTH, text, continuation=token, headers={"max-items-per-page": "2"})

    assert found == ["e0", "e1", "e2", "e3", "e4"]
    # The instance's own token goes back to it alone: with a query beside it, it would be ignored or count.
    assert [sorted(call.body) for call in paged.instance.asked] == [["query"], *[["continuationToken"]] * 2]


def test_a_token_tells_nothing_of_the_scoped_query_or_of_the_instances_own_token(paged: World) -> None:
    token = first_token(paged)
    sealed = base64.urlsafe_b64decode(token + "==")

    for secret in (b"SELECT", b"DIGITALTWINS", b"Earth", b"tags", b"_q", b"RID", EARTH.encode()):
        assert secret not in sealed
    assert first_token(paged) != token


def test_a_token_opens_for_its_caller_alone(paged: World) -> None:
    token = first_token(paged)

    assert is_refused(paged, token, FIRE)
    assert is_refused(paged, token, WIND)


def test_a_token_does_not_open_for_another_caller_who_holds_the_same_roles(paged: World) -> None:
    paged.resource_manager.assign(STRANGER, "Earth")
    token = first_token(paged)

    assert paged.query(STRANGER, ALL).ids == ["e0", "e1", "e2", "e3", "e4"]
    paged.instance.asked.clear()
    assert is_refused(paged, token, STRANGER)


def test_a_token_does_not_open_for_the_same_object_id_as_an_application_of_another_tenant(paged: World) -> None:
    pages = Pages(ProcessKeys())
    binding = Binding(caller=caller(EARTH), roles=("Earth",), rule=(INSTANCE,))
    foreign = Binding(caller=caller(EARTH, tenant_id="other"), roles=("Earth",), rule=(INSTANCE,))
    token = asyncio.run(pages.seal(Continuation(query="q", whole_twins=None, inner="x"), binding))

    with pytest.raises(InvalidContinuationToken):
        asyncio.run(pages.open(token, foreign, None))


def test_a_token_does_not_open_once_the_callers_roles_are_others(paged: World) -> None:
    token = first_token(paged)
    paged.resource_manager.assign(EARTH, "Fire")
    paged.clock.advance(61)
    assert is_refused(paged, token)

    paged.resource_manager.remove(EARTH)
    paged.clock.advance(61)
    assert is_refused(paged, token)


@pytest.mark.parametrize("text", [OTHER, f"{ALL} ", ALL.lower(), "", "SELECT", "SELECT * FROM RELATIONSHIPS"])
def test_a_token_does_not_open_beside_another_query(paged: World, text: str) -> None:
    token = first_token(paged)

    assert is_refused(paged, token, text=text)
    assert paged.query(EARTH, ALL, continuation=token, headers=ONE_ROW).ids == ["e1"]


def test_a_token_opens_for_an_hour(paged: World) -> None:
    token = first_token(paged)
    paged.clock.advance(3599)
    assert paged.query(EARTH, continuation=token, headers=ONE_ROW).ids == ["e1"]
    paged.instance.asked.clear()
    paged.clock.advance(1)
    assert is_refused(paged, token)


def test_a_token_of_another_gateway_does_not_open(paged: World) -> None:
    token = first_token(paged)
    paged.gateway = paged.make_gateway()

    assert is_refused(paged, token)


def test_a_token_of_another_rule_does_not_open(paged: World) -> None:
    keys, clock = ProcessKeys(), TestClock()
    pages = Pages(keys, now=clock.clocks.now)
    binding = Binding(caller=caller(EARTH), roles=("Earth",), rule=(INSTANCE, "value", "tags", "role"))
    token = asyncio.run(pages.seal(Continuation(query="q", whole_twins=(), inner="x"), binding))

    for rule in ((INSTANCE, "value", "tags", "group"), (INSTANCE, "marker", "tags", "role"), ("other",)):
        with pytest.raises(InvalidContinuationToken):
            asyncio.run(pages.open(token, Binding(caller=caller(EARTH), roles=("Earth",), rule=rule), None))


def test_a_token_of_a_clock_that_is_far_ahead_does_not_open(paged: World) -> None:
    paged.clock.advance(61)
    token = first_token(paged)
    paged.clock.advance(-61)

    assert is_refused(paged, token)


INSTANCES_OWN = json.dumps(
    {
        "_t": 2,
        "_s": None,
        "_rc": '[{"token":"+RID:~x#RT:1#TRC:1#ISV:2#IEO:65567#QCF:8","range":{"min":"","max":"FF"}}]',
        "_q": "SELECT * FROM DIGITALTWINS",
        "_id": "67ea0904-fe31-4d99-bf9c-f13b7012cd79",
        "_tr": 0,
        "_pn": 0,
    }
)


@pytest.mark.parametrize(
    "token",
    [
        INSTANCES_OWN,
        base64.urlsafe_b64encode(INSTANCES_OWN.encode()).decode(),
        "",
        "A",
        "AQ",
        "=",
        "....",
        "null",
        "{}",
        "'; DROP",
        "\x00",
        "é",
        "\ud800",
        "A" * 1000,
        "AQ" + "A" * 1000,
        "AQ" + "A" * 100_000,
        0,
        1.5,
        True,
        [],
        {},
        ["AQ"],
        {"token": "AQ"},
    ],
    ids=range(23),
)
def test_what_is_no_token_of_the_gateway_is_refused_like_any_other(paged: World, token: Any) -> None:
    assert is_refused(paged, token)
    assert is_refused(paged, token, text=ALL)


def test_a_token_that_was_changed_anywhere_does_not_open(paged: World) -> None:
    token = first_token(paged)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for position in range(len(token)):
        changed = alphabet[(alphabet.index(token[position]) + 1) % 64]
        assert is_refused(paged, token[:position] + changed + token[position + 1 :]), position


def test_a_token_that_is_cut_joined_or_written_otherwise_does_not_open(paged: World) -> None:
    token, other = first_token(paged), first_token(paged)
    for changed in (
        token[:-1],
        token[1:],
        token + "A",
        token + other,
        f" {token}",
        f"{token}\n",
        f"{token}==",
        f"{token}!",
    ):
        assert is_refused(paged, changed)


def test_a_token_that_the_instance_does_not_know_any_more_is_refused_in_the_same_words(paged: World) -> None:
    token = first_token(paged)
    paged.instance.failures = [InvalidRequest("query", status=400, code="BadRequest", reason="SELECT … Earth")]
    reply = paged.query(EARTH, continuation=token)

    assert (reply.status, reply.code) == (400, "InvalidContinuationToken")


def test_two_keys_are_accepted_and_the_first_seals() -> None:
    class TwoKeys:
        def __init__(self, *keys: bytes) -> None:
            self.keys = keys

        async def get(self) -> Any:
            return self.keys

    old, new = b"o" * 32, b"n" * 32
    binding = Binding(caller=caller(EARTH), roles=("Earth",), rule=(INSTANCE,))
    position = Continuation(query=digest_of(ALL), whole_twins=("T",), inner="x")
    token = asyncio.run(Pages(TwoKeys(old)).seal(position, binding))

    assert asyncio.run(Pages(TwoKeys(new, old)).open(token, binding, ALL)) == position
    with pytest.raises(InvalidContinuationToken):
        asyncio.run(Pages(TwoKeys(new)).open(token, binding, ALL))


def caller(object_id: str, tenant_id: str = TENANT) -> Caller:
    return Caller(object_id=object_id, tenant_id=tenant_id, is_app=False)
