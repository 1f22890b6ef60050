import re
from pathlib import Path

from ruamel.yaml import YAML

from policy_pack.rules import RULES

ROOT = Path(__file__).parent.parent.parent
PACK = ROOT / "policy_pack"


def pin(file: Path, package: str) -> str:
    (version,) = re.findall(rf"^{package}==(\S+)", file.read_text(), re.MULTILINE)
    return str(version)


def test_the_pack_runs_on_the_programs_version_of_pulumi() -> None:
    assert pin(PACK / "requirements.txt", "pulumi") == pin(ROOT / "requirements.txt", "pulumi")


def test_what_the_pack_asks_for_is_what_is_locked_and_each_package_is_locked_with_its_hashes() -> None:
    for package in ("pulumi", "pulumi-policy"):
        assert pin(PACK / "requirements.in", package) == pin(PACK / "requirements.txt", package)
    locked = re.split(r"\n(?=\S+==)", (PACK / "requirements.txt").read_text())
    assert [entry for entry in locked if "--hash=sha256:" not in entry] == []


def test_the_official_cli_finds_the_environment_that_the_tools_make() -> None:
    described = YAML(typ="safe").load(PACK / "PulumiPolicy.yaml")

    assert described["runtime"] == {"name": "python", "options": {"virtualenv": ".venv"}}
    assert described["name"] == "digital-twins-rbac"


def test_each_rule_has_a_name_of_its_own_a_sentence_and_a_row_in_the_documentation() -> None:
    page = (ROOT / "docs" / "policies.md").read_text()
    rows = re.findall(r"^\| `([a-z-]+)` \| ([^|]+?) \| at (once|the end) \|$", page, re.MULTILINE)

    assert len({rule.name for rule in RULES}) == len(RULES)
    assert rows == [
        (rule.name, rule.sentence.removesuffix("."), "the end" if rule.needs_all else "once") for rule in RULES
    ]


def test_each_setting_of_a_rule_is_documented() -> None:
    page = (ROOT / "docs" / "policies.md").read_text()

    for rule in RULES:
        for setting in rule.settings:
            assert f'"{rule.name}": {{"{setting}": ' in page
