import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from twin_rbac.clients.errors import InstanceNotFound, PatchInvalid, PreconditionFailed, TwinNotFound
from twin_rbac.clients.instance import InstanceClient
from twin_rbac.clients.rate import RateLimiter

Use = Callable[[Callable[[InstanceClient], Awaitable[Any]]], Any]
DENIED: dict[str, Any] = {"error": {"code": "Forbidden", "message": "…"}}


@pytest.fixture
def use(instance: Any, credential: Any, time: Any) -> Use:
    """Runs something with a client whose rate sleeps in no time."""

    def use(work: Callable[[InstanceClient], Awaitable[Any]], **options: Any) -> Any:
        async def run() -> Any:
            rate = RateLimiter(1000, clock=time.clock, sleep=time.sleep)
            async with InstanceClient(instance.endpoint, credential, rate=rate, **options) as client:
                return await work(client)

        return asyncio.run(run())

    return use


async def rows_of(client: InstanceClient, text: str) -> list[Any]:
    return [row async for row in client.query(text)]


ALL_TAGGED = "SELECT T.$dtId, T.$etag, T.tags FROM DIGITALTWINS T WHERE IS_DEFINED(T.tags.role)"


def test_a_query_gives_the_rows_of_all_its_pages(use: Use, instance: Any) -> None:
    for number in range(5):
        instance.put(str(number), tags={"role": "Earth"})

    rows = use(lambda client: rows_of(client, ALL_TAGGED))

    assert [row["$dtId"] for row in rows] == ["0", "1", "2", "3", "4"]
    assert [call.headers["max-items-per-page"] for call in instance.received] == ["1000"] * 3
    # With a token the service ignores the query's text: fact sheet adt-data-plane, section 3.3.
    assert [call.body for call in instance.received[1:]] == [{"continuationToken": "2"}, {"continuationToken": "4"}]


def test_one_page_of_a_query_is_asked_for_with_its_text_or_with_the_token_of_the_page_before(
    use: Use, instance: Any
) -> None:
    for number in range(3):
        instance.put(str(number), tags={"role": "Earth"})

    async def two_pages(client: InstanceClient) -> list[Any]:
        first = await client.query_page(ALL_TAGGED)
        return [first, await client.query_page(continuation_token=first.continuation_token, page_size=7)]

    first, second = use(two_pages)

    assert [row["$dtId"] for row in (*first.rows, *second.rows)] == ["0", "1", "2"]
    assert (first.continuation_token, second.continuation_token) == ("2", None)
    # The service decides about the size where none is asked for; with a token it is sent alone.
    assert [(call.body, call.headers.get("max-items-per-page")) for call in instance.received] == [
        ({"query": ALL_TAGGED}, None),
        ({"continuationToken": "2"}, "7"),
    ]


@pytest.mark.parametrize("asked", [{}, {"text": ALL_TAGGED, "continuation_token": "2"}])
def test_a_page_is_not_asked_for_with_both_or_neither(use: Use, instance: Any, asked: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="with a query or with a continuation token"):
        use(lambda client: client.query_page(**asked))
    assert instance.received == []


def test_a_caller_may_ask_in_the_words_of_an_older_api_version(use: Use, instance: Any) -> None:
    instance.put("A", tags={"role": "Earth"})

    async def ask(client: InstanceClient) -> None:
        await client.get_twin("A", api_version="2020-10-31")
        await client.query_page(ALL_TAGGED, api_version="2022-05-31")

    use(ask)

    assert [call.path for call in instance.received] == [
        "/digitaltwins/A?api-version=2020-10-31",
        "/query?api-version=2022-05-31",
    ]


def test_the_quota_error_in_the_middle_of_a_query_loses_no_row_and_doubles_none(
    use: Use, instance: Any, scripted: Any
) -> None:
    for number in range(3):
        instance.put(str(number), tags={"role": "Earth"})
    quota = {"error": {"code": "QuotaReachedError", "message": "…"}}

    async def query_with_an_interruption(client: InstanceClient) -> list[str]:
        seen: list[str] = []
        async for row in client.query(ALL_TAGGED):
            if not seen:
                instance.script = [scripted(200, quota)]
            seen.append(row["$dtId"])
        return seen

    assert use(query_with_an_interruption) == ["0", "1", "2"]


def test_every_call_names_the_api_version(use: Use, instance: Any) -> None:
    instance.put("A")
    use(lambda client: client.get_twin("A"))

    assert instance.received[0].path == "/digitaltwins/A?api-version=2023-10-31"


@pytest.mark.parametrize("twin_id", ["a/b", "50% more", "what?", "x;1#y", "Türme", "..", "a+b&c=d"])
def test_a_twins_id_may_hold_anything(use: Use, instance: Any, twin_id: str) -> None:
    instance.put("bystander")

    assert use(lambda client: client.create_twin(twin_id, {"tags": {"role": "Earth"}})) is True
    path = instance.received[0].path
    assert path.count("/") == 2
    assert path.endswith("?api-version=2023-10-31")


def test_a_missing_twin_is_not_found(use: Use) -> None:
    with pytest.raises(TwinNotFound, match="there is no twin 'Z'"):
        use(lambda client: client.get_twin("Z"))


def test_another_tenants_instance_does_not_look_like_a_missing_twin(use: Use, instance: Any, scripted: Any) -> None:
    instance.script = [scripted(404, {"statusCode": 404, "message": "Sub-Domain not found"})]

    with pytest.raises(InstanceNotFound, match="Sub-Domain not found"):
        use(lambda client: client.get_twin("A"))


def test_a_patch_holds_for_the_etag_that_was_read_and_gives_the_new_one(use: Use, instance: Any) -> None:
    instance.put("A")
    patch = [{"op": "add", "path": "/tags", "value": {"role": "Earth"}}]

    etag = use(lambda client: client.update_twin("A", patch, if_match='W/"1"'))

    assert etag == 'W/"2"' == instance.twins["A"]["$etag"]
    (call,) = instance.calls("PATCH")
    assert call.headers["Content-Type"] == "application/json-patch+json"
    assert instance.twins["A"]["tags"] == {"role": "Earth"}


def test_a_patch_with_an_old_etag_changes_nothing(use: Use, instance: Any) -> None:
    instance.put("A")
    patch = [{"op": "add", "path": "/tags", "value": {"role": "Earth"}}]

    with pytest.raises(PreconditionFailed) as refusal:
        use(lambda client: client.update_twin("A", patch, if_match='W/"0"'))
    assert "tags" not in instance.twins["A"]
    assert not refusal.value.maybe_done


def test_a_patch_that_does_not_fit_is_told_apart(use: Use, instance: Any) -> None:
    instance.put("A")
    patch = [{"op": "add", "path": "/tags/role", "value": "Earth"}]

    with pytest.raises(PatchInvalid, match="tags does not exist"):
        use(lambda client: client.update_twin("A", patch, if_match='W/"1"'))


def test_what_exists_is_never_overwritten_by_a_creation(use: Use, instance: Any) -> None:
    instance.put("A", tags={"role": "Earth"})

    assert use(lambda client: client.create_twin("A", {})) is False
    assert use(lambda client: client.create_relationship("A", "r", {"$targetId": "B"})) is True
    assert use(lambda client: client.create_relationship("A", "r", {"$targetId": "C"})) is False
    assert instance.twins["A"]["tags"] == {"role": "Earth"}
    assert instance.relationships["A", "r"]["$targetId"] == "B"


def test_models_are_listed_over_all_pages(use: Use, instance: Any, scripted: Any) -> None:
    instance.models = {"dtmi:second;1": {}}
    link = f"{instance.endpoint}/models?continuationToken=x&api-version=2023-10-31"
    instance.script = [scripted(200, {"value": [{"id": "dtmi:first;1"}], "nextLink": link})]

    models = use(lambda client: client.list_models())

    assert [model["id"] for model in models] == ["dtmi:first;1", "dtmi:second;1"]


def test_definitions_of_models_come_on_request(use: Use, instance: Any, scripted: Any) -> None:
    model = {"@id": "dtmi:first;1", "@type": "Interface"}
    instance.script = [scripted(200, {"value": [{"id": "dtmi:first;1", "model": model}], "nextLink": None})]

    assert use(lambda client: client.list_models(with_definition=True))[0]["model"] == model
    assert instance.received[0].path == "/models?api-version=2023-10-31&includeModelDefinition=true"


def test_a_429_slows_the_whole_client_down(use: Use, instance: Any, scripted: Any, time: Any) -> None:
    instance.put("A")
    instance.script = [scripted(429, {"error": {"statusCode": 429, "message": "…"}}, {"Retry-After": "9"})]

    use(lambda client: client.get_twin("A"))

    assert sum(time.slept) == pytest.approx(9, abs=0.01)


@pytest.mark.parametrize(
    ("work", "action"),
    [
        (lambda client: rows_of(client, ALL_TAGGED), "Microsoft.DigitalTwins/query/action"),
        (lambda client: client.get_twin("A"), "Microsoft.DigitalTwins/digitaltwins/read"),
        (lambda client: client.create_twin("A", {}), "Microsoft.DigitalTwins/digitaltwins/write"),
        (lambda client: client.update_twin("A", [], if_match="e"), "Microsoft.DigitalTwins/digitaltwins/write"),
        (
            lambda client: client.create_relationship("A", "r", {}),
            "Microsoft.DigitalTwins/digitaltwins/relationships/write",
        ),
        (lambda client: client.list_models(), "Microsoft.DigitalTwins/models/read"),
        (lambda client: client.create_models([]), "Microsoft.DigitalTwins/models/write"),
    ],
)
def test_a_403_is_reported_with_the_data_action_that_the_call_needs(
    use: Any, instance: Any, scripted: Any, work: Any, action: str
) -> None:
    instance.script = [scripted(403, DENIED)]
    asked: list[str] = []

    async def on_denied(action: str) -> bool:
        asked.append(action)
        return False

    with pytest.raises(Exception, match=action):
        use(work, on_denied=on_denied)
    assert asked == [action]
