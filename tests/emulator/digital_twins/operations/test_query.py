import json
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

ALL = "SELECT * FROM digitaltwins"
ROOM = {"$metadata": {"$model": "dtmi:samples:Room;1"}}


def query(emulated: Any, text: str = ALL, *, size: str | None = None, **body: Any) -> Any:
    headers = {} if size is None else {"max-items-per-page": size}
    return emulated.request("POST", "/query", {"query": text, **body}, headers=headers)


def ids(answer: Any) -> list[str]:
    return [row["$dtId"] for row in answer.json()["value"]]


def put(emulated: Any, *twin_ids: str, **properties: Any) -> None:
    for twin_id in twin_ids:
        assert emulated.request("PUT", f"/digitaltwins/{twin_id}", {**ROOM, **properties}).status == 200


@pytest.fixture
def six(house: Any) -> Any:
    put(house, "1", "2", "3", "4", "5", "6")
    return house


def test_rows_are_the_twins_as_get_shows_them(house: Any, room: str) -> None:
    twin = house.request("GET", f"/digitaltwins/{room}").body
    answer = query(house)
    assert answer.status == 200
    assert answer.body == b'{"value":[' + twin + b'],"continuationToken":null}'
    assert float(answer.headers["query-charge"]) > 0
    assert "etag" not in answer.headers


def test_the_first_version_shows_no_update_times_in_rows(house: Any, room: str) -> None:
    answer = house.request("POST", "/query", {"query": "SELECT T FROM DIGITALTWINS T"}, version="2020-10-31")
    assert b"$lastUpdateTime" not in answer.body
    assert b"lastUpdateTime" in answer.body


def test_conditions_and_models_choose_the_rows(house: Any) -> None:
    put(house, "1", tags={"role": "Earth"})
    put(house, "2", tags={"role": "Fire"})
    put(house, "3")
    house.request("PUT", "/digitaltwins/4", {"$metadata": {"$model": "dtmi:samples:Floor;1"}})
    client = house.client()

    def found(condition: str) -> list[str]:
        return [row["$dtId"] for row in client.query_twins(f"SELECT * FROM DIGITALTWINS T WHERE {condition}")]

    assert found("T.tags.role = 'Earth'") == ["1"]
    assert found("IS_DEFINED(T.tags.role)") == ["1", "2"]
    assert found("IS_OF_MODEL('dtmi:samples:Taggable;1')") == ["1", "2", "3"]
    assert found("IS_OF_MODEL('dtmi:samples:Taggable;1', exact)") == []


def test_relationships_are_a_collection_too(house: Any) -> None:
    put(house, "room")
    house.request("PUT", "/digitaltwins/floor", {"$metadata": {"$model": "dtmi:samples:Floor;1"}})
    body = {"$relationshipName": "contains", "$targetId": "room"}
    created = house.request("PUT", "/digitaltwins/floor/relationships/r", body).json()
    assert query(house, "SELECT * FROM RELATIONSHIPS").json()["value"] == [created]


def test_a_page_has_the_size_that_was_asked_for_and_a_token_while_there_is_more(six: Any) -> None:
    first = query(six, size="5")
    token = first.json()["continuationToken"]
    assert ids(first) == ["1", "2", "3", "4", "5"]
    document = json.loads(token)
    assert (document["_q"], document["_tr"], document["_pn"]) == (ALL, 5, 1)
    assert list(document) == ["_t", "_s", "_rc", "_q", "_id", "_tr", "_pn"]
    headers = {"max-items-per-page": "5"}
    second = six.request("POST", "/query", {"continuationToken": token}, headers=headers)
    assert ids(second) == ["6"]
    assert second.json()["continuationToken"] is None


def test_the_client_reads_all_pages(house: Any) -> None:
    put(house, *(str(number) for number in range(230)))
    assert len(list(house.client().query_twins(ALL))) == 230
    assert len(ids(query(house))) == 100
    assert len(ids(query(house, size="1000"))) == 230
    assert len(ids(query(house, size="5000"))) == 230


def test_the_query_in_the_token_wins(six: Any) -> None:
    token = query(six, size="5").json()["continuationToken"]
    assert ids(query(six, "SELECT * FROM DIGITALTWINS WHERE $dtId = '1'", continuationToken=token)) == ["6"]
    edited = json.dumps({**json.loads(token), "_q": "SELECT * FROM DIGITALTWINS WHERE $dtId = '2'", "_tr": 0})
    assert ids(query(six, continuationToken=edited)) == ["2"]


def test_a_token_outlives_the_rows_kept_for_it(six: Any) -> None:
    token = query(six, size="5").json()["continuationToken"]
    for _ in range(20):
        query(six, size="5")
    assert ids(query(six, continuationToken=token)) == ["6"]


def test_pages_are_those_of_one_moment(six: Any) -> None:
    token = query(six, size="3").json()["continuationToken"]
    six.request("DELETE", "/digitaltwins/1")
    assert ids(query(six, continuationToken=token)) == ["4", "5", "6"]


@pytest.mark.parametrize("token", ["x", "{}", "[1]", 5, '{"_q":"a","_id":"b","_tr":-1,"_pn":0}'])
def test_a_token_that_is_none_is_a_bad_request(house: Any, token: Any) -> None:
    answer = query(house, continuationToken=token)
    assert (answer.status, answer.error["code"]) == (400, "BadRequest")


@pytest.mark.parametrize("size", ["0", "-1", "many", "9" * 5000])
def test_a_page_size_must_be_a_positive_number(house: Any, size: str) -> None:
    assert query(house, size=size).error["code"] == "InvalidArgument"


def test_a_request_must_ask_something(house: Any) -> None:
    assert house.request("POST", "/query", {}).error["code"] == "BadRequest"


def test_bad_syntax_is_answered_as_recorded(house: Any) -> None:
    with pytest.raises(HttpResponseError) as caught:
        list(house.client().query_twins("foo"))
    assert caught.value.error is not None
    assert caught.value.error.code == "SqlQueryError"
    assert caught.value.error.message == (
        "SQL query parse failed: SQL Parser Error, Line=1, Position=0, Message=missing SELECT at 'foo' "
        "See samples in https://aka.ms/adtv2query for the correct syntax."
    )


def test_a_query_that_the_emulator_cannot_run_says_so(house: Any) -> None:
    answer = query(house, "SELECT B FROM DIGITALTWINS A JOIN B RELATED A.contains WHERE A.$dtId = '1'")
    assert (answer.status, answer.error["code"]) == (400, "QueryNotSupported")
    assert answer.error["message"].startswith("Not supported by the emulator: ")


def test_queries_lag_behind_writes_and_reads_by_id_do_not(house: Any) -> None:
    house.faults.query_lag = 5
    put(house, "1")
    assert house.request("GET", "/digitaltwins/1").status == 200
    assert ids(query(house)) == []
    house.clock.advance(4)
    assert ids(query(house)) == []
    house.clock.advance(1)
    assert ids(query(house)) == ["1"]
    house.request("DELETE", "/digitaltwins/1")
    assert ids(query(house)) == ["1"]
    house.clock.advance(5)
    assert ids(query(house)) == []


def test_queries_see_the_version_of_a_moment_ago(house: Any) -> None:
    put(house, "1", Unit="C")
    house.faults.query_lag = 5
    put(house, "1", Unit="F")
    assert [row["Unit"] for row in query(house).json()["value"]] == ["C"]
    house.faults.query_lag = 0
    assert [row["Unit"] for row in query(house).json()["value"]] == ["F"]
