import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from components.config_gateway import GatewayConfig
from components.config_instance import InstanceConfig, NetworkConfig
from components.config_sections import CloudConfig, StackConfig
from components.config_values import Section
from twin_rbac.cli.__main__ import app

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def settings() -> set[str]:
    nested: dict[str, type[Section]] = {
        "instance": InstanceConfig,
        "gateway": GatewayConfig,
        "network": NetworkConfig,
    }
    names = {field.alias or name for name, field in StackConfig.model_fields.items()}
    inner = {f"{name}.{field.alias}" for name, section in nested.items() for field in section.model_fields.values()}
    return (names - set(nested)) | inner


def test_every_setting_stands_on_the_page_of_settings_and_no_other() -> None:
    rows = re.findall(r"^\| `([\w.]+)` \| ", (ROOT / "docs" / "config.md").read_text(), re.MULTILINE)
    outputs = {
        "declared",
        "digitalTwinsEndpoint",
        "gatewayEndpoint",
        "gatewayPrincipalId",
        "instanceId",
        "markerRoles",
        "roleTags",
    }

    assert set(rows) == settings() | outputs
    for field in CloudConfig.model_fields.values():
        assert str(field.alias) in (ROOT / "docs" / "config.md").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_between_our_pages_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())

    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+(?: [a-z]+)*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    known = {name for line in targets for name in line.split()}
    named = set(re.findall(r"(?:`|^\$ )make ([a-z]+)", page.read_text(), re.MULTILINE))

    assert named <= known


def test_every_page_is_listed_on_the_front_page_of_the_documentation() -> None:
    listed = set(re.findall(r"\]\((\w[\w-]*\.md)\)", (ROOT / "docs" / "index.md").read_text()))

    assert listed == {page.name for page in PAGES if page.parent.name == "docs"} - {"index.md"}


@pytest.mark.parametrize(
    ("group", "commands", "page"),
    [
        ("tags", ["adopt", "apply", "plan", "resume", "schema", "undo", "verify"], "role-tags.md"),
        ("query", ["check", "scope"], "query-support.md"),
        ("report", ["pr"], "pull-requests.md"),
    ],
)
def test_every_command_has_help_and_is_documented(group: str, commands: list[str], page: str) -> None:
    text = CliRunner().invoke(app, [group, "--help"]).output
    documented = (ROOT / "docs" / page).read_text()

    assert sorted(re.findall(r"^\W*([a-z]+)  +\S", text.partition("Commands")[2], re.MULTILINE)) == commands
    assert [name for name in commands if f"twin-rbac {group} {name}" not in documented] == []


def test_every_reason_to_refuse_a_query_is_documented() -> None:
    cases = YAML(typ="safe").load(ROOT / "tests" / "cases" / "scoping" / "twins.yaml")
    page = " ".join((ROOT / "docs" / "query-support.md").read_text().split())
    reasons = [case["refused"][1] for case in cases if case.get("refused", [""])[0] == "QueryNotSupported"]

    missing = [reason for reason in reasons if re.sub(r"^line .*?: |^the alias \w+ .*?: ", "", reason) not in page]
    assert len(reasons) >= 7
    assert missing == []
