import os
from pathlib import Path

import pytest

from tools.engine.build import MODULES, PROGRAMS, Program, build
from tools.engine.cache import Workplace
from tools.engine.model import LANGUAGE_HOST_VERSION, VERSION, is_complete
from tools.errors import WayFailed

# A go that writes what it was asked for, and knows where the SDK's scripts are.
GO = """#!/bin/sh
case "$1" in
  version) echo go version go1.26.6 linux/amd64;;
  list) echo "$SDK";;
  build)
    echo "cannot find module" >&2
    [ -z "$BROKEN" ] || exit 1
    mkdir -p "$GOMODCACHE"; echo "$*" > "$6";;
esac
"""


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    sdk = tmp_path / "sdk"
    for script in ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python"):
        (sdk / script).parent.mkdir(parents=True)
        (sdk / script).write_text("#!/bin/sh\n")
    (tmp_path / "go-on-path").mkdir()
    (tmp_path / "go-on-path/go").write_text(GO)
    (tmp_path / "go-on-path/go").chmod(0o755)
    (tmp_path / "engine").mkdir()
    environ = {"PATH": f"{tmp_path / 'go-on-path'}{os.pathsep}{os.environ['PATH']}", "SDK": str(sdk)}
    return Workplace(tmp_path / "engine", tmp_path, environ, lambda _line: None)


def test_a_build_makes_both_programs_with_their_versions_and_copies_the_scripts(workplace: Workplace) -> None:
    build(workplace)
    assert is_complete(workplace.target)
    assert f"version.Version=v{VERSION}" in (workplace.target / "pulumi").read_text()
    assert f"version.Version=v{LANGUAGE_HOST_VERSION}" in (workplace.target / "pulumi-language-python").read_text()
    assert os.access(workplace.target / "pulumi-language-python-exec", os.X_OK)


def test_a_build_leaves_no_go_caches(workplace: Workplace) -> None:
    build(workplace)
    assert not (workplace.scratch / "go").exists()


def test_a_build_that_fails_shows_the_compilers_words(workplace: Workplace) -> None:
    broken = Workplace(workplace.target, workplace.scratch, {**workplace.environ, "BROKEN": "1"}, workplace.report)
    with pytest.raises(WayFailed, match=r"language host .*exit code 1:\n +cannot find module"):
        build(broken)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.file)
def test_the_committed_modules_are_those_of_the_versions_we_say(program: Program) -> None:
    module = program.package.split("/v3/", 1)[0] + "/v3"
    assert f"require {module} v{program.version}\n" in (program.module / "go.mod").read_text()
    assert f"{module} v{program.version} h1:" in (program.module / "go.sum").read_text()
    assert program.module.parent == MODULES
