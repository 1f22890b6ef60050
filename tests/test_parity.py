"""The page that compares this package with others: what it says of us names a test, or says that it is missing."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from components.config_sections import StackConfig
from policy_pack.rules import Resource
from tests.components.scenario import local_config, run_program
from tests.policy_pack.conftest import declared

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "parity.md").read_text()
FEATURES = range(1, 35)
PEERS = "ABCDEFGHIJ"
MARKS = "●◐○\N{EN DASH}"
TEST_ID = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
# Where our own code may say that something is looked up or sent: Azure, the directory and this machine, and what its
# messages tell a person to read.
ADDRESSES = re.compile(
    r"(?:management\.azure|login\.microsoftonline|graph\.microsoft|www\.pulumi|get\.pulumi)\.com|aka\.ms|json-schema\.org"
    r"|[\w.]*\.?digitaltwins\.azure\.net|[\w.]+\.kusto\.windows\.net|[\w.]+\.blob\.core\.windows\.net|localhost"
)


def rows_below(heading: str) -> list[list[str]]:
    """The rows of the table in a section, cell by cell, without the table's head."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


THEIRS = {int(row[0]): row[1:] for row in rows_below("What others offer")}
OURS = {int(row[0]): row[1:] for row in rows_below("What this package offers")}
MISSING = {int(row[0]): row[1:] for row in rows_below("What is missing")}
CLAIMED = [number for number, row in OURS.items() if row[1][0] in "●◐"]


@cache
def defined_in(path: str) -> set[str]:
    """The tests that a file defines."""
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_each_feature_has_a_row_in_both_tables_in_order_and_under_one_name() -> None:
    for heading in ("What others offer", "What this package offers"):
        assert [int(row[0]) for row in rows_below(heading)] == list(FEATURES)
    assert {number: row[0] for number, row in OURS.items()} == {number: row[0] for number, row in THEIRS.items()}


@pytest.mark.parametrize("number", FEATURES)
def test_each_feature_has_a_word_on_every_peer_and_a_mark_of_ours(number: int) -> None:
    assert len(THEIRS[number]) == 1 + len(PEERS)
    assert all(THEIRS[number])
    assert OURS[number][1][0] in MARKS


def test_each_peer_is_named() -> None:
    assert re.findall(r"^- \*\*([A-J])\*\* \S", PAGE, re.MULTILINE) == list(PEERS)


@pytest.mark.parametrize("number", CLAIMED)
def test_each_tick_names_tests_that_exist(number: int) -> None:
    named = TEST_ID.findall(OURS[number][2])

    assert named
    assert [(path, name) for path, name in named if not (ROOT / path).is_file() or name not in defined_in(path)] == []
    # Nothing in the cell looks like a test and is none, such as an id that breaks off.
    assert TEST_ID.sub("", OURS[number][2]).strip("<br> ") == ""
    assert all(name.startswith("test_") for _, name in named)


@pytest.mark.parametrize("number", sorted(set(FEATURES) - set(CLAIMED)))
def test_what_this_package_lacks_names_no_test_and_is_said_to_be_missing(number: int) -> None:
    if OURS[number][1].startswith("○"):
        assert TEST_ID.findall(OURS[number][2]) == []
        assert number in MISSING
    else:
        # Left to others on purpose, and said why.
        assert len(OURS[number][1]) > 2


def test_what_is_there_in_part_is_said_to_be_missing_in_part() -> None:
    partly = {number for number, row in OURS.items() if row[1].startswith("◐")}

    assert partly <= set(MISSING)
    assert all(text for _, text in MISSING.values())
    assert {number: row[0] for number, row in MISSING.items()} == {number: OURS[number][0] for number in MISSING}


# What follows holds up rows of the page that no other test does.


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> dict[str, Resource]:
    """What our program declares, by logical name."""
    monkeypatch.chdir(ROOT)
    stack = declared(run_program({}), local_config())
    return {item.name: item for item in stack.resources.values() if item.type.startswith("azure-native:")}


def test_the_app_and_its_publish_endpoint_take_tls_1_2_and_no_ftp(ours: dict[str, Resource]) -> None:
    site = ours["gateway"].get("siteConfig")

    assert (site["minTlsVersion"], site["scmMinTlsVersion"], site["ftpsState"]) == ("1.2", "1.2", "Disabled")
    assert ours["gateway"].get("httpsOnly") is True


def test_telemetry_and_logs_are_taken_from_identities_alone(ours: dict[str, Resource]) -> None:
    assert ours["insights"].get("disableLocalAuth") is True
    assert ours["insights-workspace"].get("features", "disableLocalAuth") is True


def test_every_component_is_built_in_a_test_of_the_components() -> None:
    tests = [ast.parse(path.read_text()) for path in (ROOT / "tests" / "components").glob("test_*.py")]
    called = {
        node.func.id
        for tree in tests
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    components = {
        node.name
        for path in (ROOT / "components").glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef) and "ComponentResource" in "".join(map(ast.unparse, node.bases))
    }

    assert len(components) >= 15
    # That one is built with the whole program, in tests/components/test_gateway.py.
    assert components - called == {"GatewayIdentity"}


def test_three_settings_are_required_and_no_other() -> None:
    required = {name for name, field in StackConfig.model_fields.items() if field.is_required()}

    assert required == {"manifest", "tenants", "deployers"}


def test_our_code_names_no_address_that_usage_could_be_reported_to() -> None:
    folders = ("components", "twin_rbac", "tools", "policy_pack/rules")
    paths = [ROOT / "__main__.py", *(path for folder in folders for path in (ROOT / folder).rglob("*.py"))]
    named = {
        (path.relative_to(ROOT).as_posix(), host)
        for path in paths
        for host in re.findall(r"https?://([\w.-]+\.\w+|localhost)", path.read_text())
    }

    assert len(named) >= 10
    assert [(path, host) for path, host in sorted(named) if not ADDRESSES.fullmatch(host)] == []
