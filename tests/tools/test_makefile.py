import re
import subprocess

from tools.checkout import CHECKOUT


def make(*arguments: str) -> str:
    return subprocess.run(["make", *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout


def test_make_alone_explains_every_target() -> None:
    declared = re.search(r"^\.PHONY: (.+)$", (CHECKOUT / "Makefile").read_text(), re.MULTILINE)
    assert declared is not None
    explained = set(re.findall(r"^make (\w+) ", make(), re.MULTILINE))
    assert explained == set(declared[1].split()) - {"help"}


def test_the_ci_script_runs_the_checks_and_the_tests_and_stops_at_the_first_failure() -> None:
    lines = (CHECKOUT / ".ci/run").read_text().splitlines()
    assert "set -euo pipefail" in lines
    assert [line for line in lines if line.startswith("make ")] == ["make lint", "make test"]
