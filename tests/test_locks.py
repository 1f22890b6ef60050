"""What the function app runs with is what the tests ran with."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "twin_rbac" / "gateway" / "function_root" / "requirements.txt"
PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>[^\s;\\]+)", re.MULTILINE)


def pins(*paths: Path) -> set[tuple[str, str]]:
    return {(match["name"], match["version"]) for path in paths for match in PIN.finditer(path.read_text())}


def test_the_function_app_has_the_versions_that_the_tests_have() -> None:
    ours = pins(ROOT / "requirements.txt", ROOT / "requirements-dev.txt")

    assert len(pins(LOCK)) >= 20
    assert pins(LOCK) - ours == set()


def test_everything_that_the_gateway_asks_for_is_locked_with_a_hash() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["gateway"]
    names = {re.split(r"[>=]", item)[0] for item in wanted}

    assert names <= {name for name, _ in pins(LOCK)}
    blocks = re.split(r"\n(?=[a-z])", LOCK.read_text().strip())
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_the_function_app_takes_nothing_that_only_a_deployment_needs() -> None:
    assert {name for name, _ in pins(LOCK)}.isdisjoint({"pulumi", "pulumi-azure-native", "pydantic", "rich", "typer"})
