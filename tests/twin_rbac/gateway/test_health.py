from pathlib import Path

from twin_rbac.gateway.health import health, read_package_hash


def test_the_hash_of_the_package_stands_beside_it(tmp_path: Path) -> None:
    (tmp_path / "package_hash.txt").write_text("sha256:ab\n")

    assert health(read_package_hash(tmp_path)) == {"status": "ok", "package": "sha256:ab"}


def test_without_a_package_there_is_no_hash(tmp_path: Path) -> None:
    assert health(read_package_hash(tmp_path)) == {"status": "ok", "package": None}
