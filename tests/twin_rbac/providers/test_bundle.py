import io
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from twin_rbac.providers import bundle
from twin_rbac.providers.bundle import HASH_FILE, SITE_PACKAGES, build_package, package_hash
from twin_rbac.providers.errors import PackageNotBuilt

LIBRARY = Path(__file__).parents[3] / "twin_rbac"
ROOT = LIBRARY / "gateway" / "function_root"

GROUP = "/subscriptions/5b1e/resourceGroups/rg"
SETTINGS = {
    "TWIN_RBAC_ENDPOINT": "https://adt.api.weu.digitaltwins.azure.net",
    "TWIN_RBAC_INSTANCE_ID": f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt",
    "TWIN_RBAC_MARKER_ROLES": "{}",
    "TWIN_RBAC_PROPERTY": "tags",
    "TWIN_RBAC_KEY": "role",
    "TWIN_RBAC_ENCODING": "value",
    "TWIN_RBAC_TENANT_ID": "8f14e45f-ceea-467f-a9d2-4b5b1e0c7a01",
    "TWIN_RBAC_CLIENT_ID": "0f3c0000-0000-4000-8000-0000000000aa",
    "TWIN_RBAC_CLOUD": "{}",
    "AZURE_CLIENT_ID": "0f3c0000-0000-4000-8000-0000000000bb",
}


@pytest.fixture(scope="module")
def linux() -> bytes:
    return build_package(wheels="linux", runtime="3.12").content


@pytest.fixture(scope="module")
def host() -> bytes:
    return build_package(wheels="host", runtime="3.12").content


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another checkout, whose files a test may change; the library that is bundled is that one."""
    folder = tmp_path / "twin_rbac"
    shutil.copytree(LIBRARY, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(bundle, "_LIBRARY", folder)
    monkeypatch.setattr(bundle, "_ROOT", folder / "gateway" / "function_root")
    return folder


def entries(package: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def own(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in files.items() if not name.startswith(".python_packages/")}


def test_the_two_trees_differ_in_their_wheels_alone(linux: bytes, host: bytes) -> None:
    ours = own(entries(linux))

    assert ours == own(entries(host))
    assert ours[HASH_FILE] == f"{package_hash()}\n".encode()
    assert ours["requirements.txt"] == (ROOT / "requirements.txt").read_bytes()
    assert {"twin_rbac/__init__.py", "twin_rbac/query/scope.py", "twin_rbac/clients/instance.py"} < set(ours)


def test_of_the_library_only_what_the_gateway_runs_is_in_the_zip(linux: bytes) -> None:
    packages = {name.split("/")[1] for name in own(entries(linux)) if name.startswith("twin_rbac/")}

    assert packages - {"gateway"} == {"__init__.py", "access", "query", "clients"}
    assert not [name for name in entries(linux) if "function_root" in name or "__pycache__" in name]


def test_the_linux_tree_is_for_the_apps_python_and_the_other_for_this_one(linux: bytes, host: bytes) -> None:
    here = f"cpython-{sys.version_info.major}{sys.version_info.minor}"

    assert [name for name in entries(linux) if name.endswith(".cpython-312-x86_64-linux-gnu.so")]
    assert [name for name in entries(host) if here in name]


def test_markers_are_those_of_the_target_not_of_this_machine() -> None:
    newer = entries(build_package(wheels="linux", runtime="3.13").content)

    assert f"{SITE_PACKAGES}/azure_functions-2.3.0.dist-info/METADATA" in newer
    assert not [name for name in newer if "azure_functions-1." in name]


def test_a_package_is_the_same_bytes_each_time(linux: bytes) -> None:
    assert build_package(wheels="linux", runtime="3.12").content == linux


def test_entries_are_sorted_and_carry_neither_time_nor_owner(linux: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(linux)) as archive:
        infos = archive.infolist()

    assert [info.filename for info in infos] == sorted(info.filename for info in infos)
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
    assert {info.external_attr >> 16 for info in infos} == {0o100644}


def test_nothing_that_an_installer_notes_about_its_machine_is_in_the_zip(linux: bytes, host: bytes) -> None:
    for name in (*entries(linux), *entries(host)):
        assert Path(name).name not in {"RECORD", "INSTALLER", "REQUESTED", ".lock"}
        assert not name.startswith(f"{SITE_PACKAGES}/bin/")


def test_an_unpacked_package_loads_the_function_app_without_anything_else(host: bytes, tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(host)) as archive:
        archive.extractall(tmp_path)
    program = (
        "import sys\n"
        f"sys.path[:0] = [{str(tmp_path)!r}, {str(tmp_path / SITE_PACKAGES)!r}]\n"
        "import function_app\n"
        "print(function_app.__file__, [name for name in ('pulumi', 'pydantic', 'yaml') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        capture_output=True,
        text=True,
        env=SETTINGS,
        cwd=tmp_path,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{tmp_path / 'function_app.py'} []\n"


def test_the_hash_is_the_same_in_another_checkout(copy: Path) -> None:
    before = package_hash()
    (copy / "access" / "__pycache__").mkdir()
    (copy / "access" / "__pycache__" / "policy.cpython-311.pyc").write_bytes(b"cache")
    for path in copy.rglob("*.py"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

    assert package_hash() == before
    assert len(before) == len("sha256:") + 64


@pytest.mark.parametrize("path", ["access/policy.py", "__init__.py", "gateway/function_root/requirements.txt"])
def test_a_changed_file_is_another_hash(copy: Path, path: str) -> None:
    before = package_hash()
    with (copy / path).open("a") as file:
        file.write("# changed\n")

    assert package_hash() != before


def test_a_renamed_or_new_file_is_another_hash(copy: Path) -> None:
    before = package_hash()
    (copy / "access" / "policy.py").rename(copy / "access" / "rule.py")
    renamed = package_hash()
    (copy / "gateway" / "function_root" / "new.json").write_text("{}")

    assert len({before, renamed, package_hash()}) == 3


def test_a_file_of_another_package_does_not_change_the_hash(copy: Path) -> None:
    before = package_hash()
    (copy / "providers" / "new.py").write_text("")
    (copy / "cli" / "new.py").write_text("")

    assert package_hash() == before


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"wheels": "windows", "runtime": "3.12"}, "wheels is 'windows'; it is one of: linux, host"),
        ({"wheels": "linux", "runtime": "python3"}, "the runtime 'python3' is no version of Python; give one such as"),
        (
            {"wheels": "linux", "runtime": "3.99"},
            "has no wheel for Python 3.99 on x86_64-manylinux_2_28; choose another",
        ),
    ],
)
def test_a_platform_that_cannot_be_served_is_named_with_what_to_do(options: dict[str, str], reason: str) -> None:
    with pytest.raises(PackageNotBuilt) as caught:
        build_package(**options)

    assert reason in str(caught.value)


def test_without_uv_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uv", None)
    monkeypatch.setenv("PATH", "")

    with pytest.raises(PackageNotBuilt, match="there is no uv to get the package's wheels with; run pip install uv"):
        build_package(wheels="host", runtime="3.12")


def test_a_registry_that_does_not_answer_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://user:secret@localhost:1/simple")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")

    with pytest.raises(PackageNotBuilt, match="the package registry does not answer; check the network") as caught:
        build_package(wheels="host", runtime="3.12")

    assert "localhost:1/simple" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_lock_whose_hashes_do_not_fit_is_refused(copy: Path) -> None:
    lock = copy / "gateway" / "function_root" / "requirements.txt"
    lock.write_text("idna==3.20 --hash=sha256:" + "0" * 64 + "\n")

    with pytest.raises(PackageNotBuilt, match="the gateway's wheels cannot be installed"):
        build_package(wheels="host", runtime="3.12")


def test_a_registry_that_takes_too_long_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def wait(command: list[str], **options: Any) -> None:
        raise subprocess.TimeoutExpired(command, options["timeout"])

    monkeypatch.setattr(subprocess, "run", wait)

    with pytest.raises(PackageNotBuilt, match="it took more than 10 minutes"):
        build_package(wheels="host", runtime="3.12")
