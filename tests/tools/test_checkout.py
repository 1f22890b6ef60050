from pathlib import Path

from tools.checkout import CHECKOUT, cache_folder, local_folder, project_folder


def test_the_local_folder_is_the_checkouts_unless_another_is_named(tmp_path: Path) -> None:
    assert local_folder({}) == CHECKOUT / ".local"
    assert local_folder({"TWIN_RBAC_LOCAL": str(tmp_path)}) == tmp_path


def test_a_folder_with_a_project_is_the_project_and_any_other_means_the_checkout(project: Path, tmp_path: Path) -> None:
    assert project_folder(project) == project
    assert project_folder(tmp_path) == CHECKOUT


def test_the_cache_is_the_persons_unless_another_is_named(tmp_path: Path) -> None:
    assert cache_folder({}) == Path.home() / ".cache" / "digital-twins-rbac"
    assert cache_folder({"XDG_CACHE_HOME": "/var/cache/me"}) == Path("/var/cache/me/digital-twins-rbac")
    assert cache_folder({"XDG_CACHE_HOME": "/var/cache/me", "TWIN_RBAC_CACHE": str(tmp_path)}) == tmp_path
