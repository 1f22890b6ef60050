import json
import logging

import pytest

from tests.twin_rbac.gateway.world import EARTH, STRANGER, TENANT, World, twin
from twin_rbac.gateway.logs import quieten

LOGGER = "twin_rbac.gateway"


def test_a_call_is_one_line_with_what_happened_and_no_id(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger=LOGGER)
    world.query(EARTH, "SELECT * FROM DIGITALTWINS T WHERE T.$dtId = 'A'")
    world.get(EARTH, "/digitaltwins/B")
    world.query(STRANGER, "SELECT")
    world.call("GET", "/digitaltwins/A")

    documents = [json.loads(record.getMessage()) for record in caplog.records]
    assert [(line["route"], line["status"], line["reason"]) for line in documents] == [
        ("query", 200, "answered"),
        ("twin", 404, "hidden-or-missing"),
        ("query", 400, "query-syntax"),
        ("twin", 401, "token-no-token"),
    ]
    assert documents[0]["caller"] == documents[1]["caller"] != documents[2]["caller"]
    assert documents[3]["caller"] is None
    assert set(documents[0]) == {"route", "status", "reason", "caller", "milliseconds", "request"}
    assert len(documents[0]["caller"]) == 16


def test_no_line_holds_an_id_a_query_a_role_or_a_claim(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    world = World([twin("very-secret-twin", {"role": "Earth"}), twin("another-secret", {"role": "Fire"})])
    for path in ("/digitaltwins/very-secret-twin", "/digitaltwins/another-secret", "/unknown/another-secret"):
        world.get(EARTH, path)
    for text in (
        "SELECT secret_column FROM DIGITALTWINS",
        "SELECT secret_column FROM",
        "SELECT R FROM RELATIONSHIPS R",
    ):
        world.query(EARTH, text)
    world.instance.failures = [KeyError("very-secret-twin")]
    world.get(EARTH, "/digitaltwins/very-secret-twin")
    world.instance.close()

    text = "".join(record.getMessage() for record in caplog.records if record.name.startswith("twin_rbac"))
    assert text.count('"route"') == 8
    for secret in ("very-secret-twin", "another-secret", "secret_column", "SELECT", EARTH, TENANT, "Earth", "Fire"):
        assert secret not in text
    assert not [record for record in caplog.records if record.exc_info]


def test_libraries_that_log_urls_are_kept_quiet() -> None:
    roots = [LOGGER, "aiohttp", "azure.core", "azure.identity", "msal", "urllib3", "asyncio"]
    before = {name: logging.getLogger(name).level for name in roots}
    try:
        quieten()
        for name in ("azure.core.pipeline.policies.http_logging_policy", "azure.identity.aio._internal", "aiohttp.x"):
            assert not logging.getLogger(name).isEnabledFor(logging.INFO)
        assert logging.getLogger(LOGGER).isEnabledFor(logging.INFO)
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
