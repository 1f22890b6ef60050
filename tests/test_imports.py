import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("twin_rbac", "components", "emulator", "tools", "policy_pack", "tests", "benchmarks")

# Package -> the packages of ours that it may import; design, "who imports whom".
ALLOWED: dict[str, set[str]] = {
    "twin_rbac": set(),
    "twin_rbac.access": set(),
    "twin_rbac.query": {"twin_rbac.access"},
    "twin_rbac.clients": set(),
    "twin_rbac.role_tags": {"twin_rbac.access", "twin_rbac.query", "twin_rbac.clients"},
    "twin_rbac.providers": {"twin_rbac.access", "twin_rbac.clients", "twin_rbac.role_tags"},
    "twin_rbac.gateway": {"twin_rbac.access", "twin_rbac.query", "twin_rbac.clients"},
    "twin_rbac.insight": {"twin_rbac.access", "twin_rbac.query", "twin_rbac.clients", "twin_rbac.role_tags"},
    "twin_rbac.cli": {
        "twin_rbac.access",
        "twin_rbac.query",
        "twin_rbac.clients",
        "twin_rbac.role_tags",
        "twin_rbac.insight",
    },
    "components": {"twin_rbac.providers", "twin_rbac.role_tags", "twin_rbac.access"},
    "emulator": {"twin_rbac.query"},
    "policy_pack": set(),
    "tools": {"emulator", "twin_rbac.clients", "twin_rbac.role_tags"},
    "__main__": {"components"},
}
# Within an allowed arrow, the only files it may start from.
ONLY_FROM = {
    ("twin_rbac.query", "twin_rbac.access"): {"scope.py"},
    ("twin_rbac.role_tags", "twin_rbac.clients"): {"store.py", "target.py"},
}
# Modules that a program imports, which must not pull in what talks to Azure.
PURE_ROLE_TAGS = {
    "conditions",
    "digest",
    "dtdl",
    "errors",
    "expand",
    "fitting",
    "graph_file",
    "graph_source",
    "journal_record",
    "limits",
    "manifest",
    "manifest_checks",
    "manifest_files",
    "manifest_problems",
    "manifest_shape",
    "manifest_values",
    "manifest_writer",
    "matching",
    "model",
    "model_limits",
    "model_versions",
    "new_version",
    "patches",
    "plan",
    "plan_file",
    "render",
    "schema",
    "selectors",
    "sieve",
    "subtree",
    "taggable",
    "upgrade",
    "yaml_places",
}


def files() -> list[Path]:
    folders = [ROOT / name for name in OURS if name not in {"tests", "benchmarks"}]
    paths = (path for folder in folders for path in sorted(folder.rglob("*.py")))
    # The policy pack's own environment lies in its folder.
    return [ROOT / "__main__.py", *(path for path in paths if ".venv" not in path.parts)]


def package_of(module: str) -> str:
    parts = module.split(".")
    depth = 2 if parts[0] == "twin_rbac" and len(parts) > 1 else 1
    return ".".join(parts[:depth])


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            package = path.relative_to(ROOT).parts[: -node.level]
            yield ".".join((*package, node.module or ""))
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            # `from twin_rbac import query` names a package too.
            yield from (f"{node.module}.{alias.name}" for alias in node.names if node.module == "twin_rbac")


def arrows(path: Path) -> set[str]:
    here = package_of(module_of(path))
    targets = {package_of(name) for name in imported(path) if name.split(".")[0] in OURS}
    return targets - {here, "twin_rbac"}


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_the_packages_that_its_own_may(path: Path) -> None:
    here = package_of(module_of(path))

    assert arrows(path) <= ALLOWED[here]
    for target in arrows(path):
        assert path.name in ONLY_FROM.get((here, target), {path.name}), f"{path.name} may not import {target}"


def test_the_top_of_the_library_imports_nothing_so_that_a_part_loads_without_the_others() -> None:
    assert list(imported(ROOT / "twin_rbac" / "__init__.py")) == []


@pytest.mark.parametrize("package", ["access", "query"])
def test_the_rule_and_the_language_need_the_standard_library_alone(package: str) -> None:
    foreign = {
        name
        for path in (ROOT / "twin_rbac" / package).glob("*.py")
        for name in imported(path)
        if name.split(".")[0] in {"aiohttp", "azure", "pydantic", "pulumi", "ruamel", "asyncio", "socket", "ssl"}
    }

    assert foreign == set()


def test_the_rules_of_the_policy_pack_need_the_standard_library_alone() -> None:
    foreign = {
        name
        for path in (ROOT / "policy_pack" / "rules").glob("*.py")
        for name in imported(path)
        if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith("policy_pack.rules")
    }

    assert foreign == set()


def test_only_the_function_app_knows_azure_functions() -> None:
    knowing = {
        path.relative_to(ROOT / "twin_rbac" / "gateway")
        for path in (ROOT / "twin_rbac" / "gateway").rglob("*.py")
        for name in imported(path)
        if name == "azure.functions" or name.startswith("azure.functions.")
    }

    assert knowing == {Path("function_root/function_app.py")}


@pytest.mark.parametrize("module", sorted(PURE_ROLE_TAGS))
def test_what_a_program_reads_of_role_tags_does_not_talk_to_azure(module: str) -> None:
    names = set(imported(ROOT / "twin_rbac" / "role_tags" / f"{module}.py"))

    assert not {name for name in names if name.split(".")[0] in {"aiohttp", "azure"}}
    assert not {name for name in names if name.startswith("twin_rbac.clients")}


def test_imports_inside_components_are_relative_so_that_they_hold_in_the_wheel() -> None:
    absolute = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "components").glob("*.py")
        for name in imported(path)
        if name.split(".")[0] == "components" and "from components" in path.read_text()
    }

    assert absolute == set()


def test_the_program_loads_nothing_that_talks_to_azure() -> None:
    """What talks to Azure loads inside the providers' methods; a preview would else start it for nothing."""
    script = (
        "import sys\n"
        "import components\n"
        "print(sorted(name for name in ('aiohttp', 'azure.identity', 'msal') if name in sys.modules))\n"
    )
    loaded = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout == "[]\n"
