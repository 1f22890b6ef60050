"""The manifest and the config as they stand at a revision of the repository: what a pull request starts from."""

import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from twin_rbac.insight.principals import TENANTS, Tenant, read_tenants
from twin_rbac.insight.tag_plan import TagChange, Twins, compare_twins
from twin_rbac.role_tags.errors import ManifestError
from twin_rbac.role_tags.manifest import load_manifest
from twin_rbac.role_tags.manifest_files import includes_others

_MANIFEST = "digital-twins-rbac:manifest"
_SEVERAL = "{}, and only one file is read at a revision; what changes in it is not told"

Show = Callable[[str, str], bytes]
"""Revision and path -> content; raises LookupError with the reason."""


@dataclass(frozen=True, kw_only=True)
class Base:
    """What stood in the repository before the pull request."""

    revision: str
    manifest: str | None
    """The manifest's path now."""
    twins: Twins | None
    """Twin -> role by the manifest at the revision; None where there is no such manifest, or it does not tell."""
    changes: tuple[TagChange, ...] | None
    """What the pull request changes in the manifest; None where that cannot be told."""
    tenants: Mapping[str, Tenant] = field(default_factory=dict)
    """The tenants at the revision."""
    problems: tuple[str, ...] = ()
    """What could not be read, as sentences."""


def read_base(
    revision: str, *, stack: str, config: Mapping[str, Any], manifest: Path | None, show: Show | None = None
) -> Base:
    """Reads what stood there; what cannot be read is said in `problems`.

    Args:
        revision: a commit, as git names it.
        stack: the stack's name, in whose settings file the tenants stand.
        config: the stack's config as the preview had it: names the manifest.
        manifest: the manifest's path, where it is not the config's.
        show: reads a file at a revision; git in the working folder when left out.
    """
    show = show or show_by_git
    problems: list[str] = []
    before = _read_settings(revision, f"Pulumi.{stack}.yaml", show, problems)
    now = str(manifest or config.get(_MANIFEST) or "") or None
    then = str(manifest) if manifest else str(before.get(_MANIFEST) or now or "") or None
    if now is None:
        problems.append("the preview's config names no manifest; give --manifest")
    old = _read_twins_at(revision, then, show, problems) if then else None
    new = _read_twins(Path(now), now, problems) if now else None
    return Base(
        revision=revision,
        manifest=now,
        twins=old,
        changes=None if old is None or new is None else compare_twins(old, new),
        tenants=read_tenants(before),
        problems=tuple(problems),
    )


def show_by_git(revision: str, path: str) -> bytes:
    """A file's content at a revision, its path from the working folder.

    Raises:
        LookupError: git is missing, or knows no such revision or file there; the text is git's.
    """
    if revision.startswith("-"):
        raise LookupError(f"{revision!r} is no revision")
    try:
        done = subprocess.run(  # noqa: S603  # a revision is no option, and there is no shell
            ["git", "show", f"{revision}:./{path}"],  # noqa: S607
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise LookupError(f"git cannot be run ({error.strerror})") from error
    except ValueError as error:
        raise LookupError(f"{path!r} is no path ({error})") from error
    if done.returncode:
        raise LookupError(" ".join(done.stderr.decode(errors="replace").split()).removeprefix("fatal: "))
    return done.stdout


def _read_settings(revision: str, path: str, show: Show, problems: list[str]) -> Mapping[str, Any]:
    try:
        document = YAML(typ="safe").load(show(revision, path))
    except LookupError as error:
        problems.append(f"the settings at {revision} cannot be read: {error}")
        return {}
    except (YAMLError, ValueError, RecursionError):
        problems.append(f"the settings {path} at {revision} are not YAML")
        return {}
    config = document.get("config") if isinstance(document, dict) else None
    config = config if isinstance(config, dict) else {}
    problems.extend(f"the settings {path} at {revision} are odd: {item}" for item in _odd_tenants(config))
    return config


def _odd_tenants(config: Mapping[str, Any]) -> Iterator[str]:
    tenants = config.get(TENANTS)
    for name, tenant in tenants.items() if isinstance(tenants, dict) else ():
        if not isinstance(tenant, dict):
            yield f"the tenant {name} is no mapping"
        elif not isinstance(tenant.get("roles") or [], list):
            yield f"the roles of the tenant {name} are no list"
    if tenants is not None and not isinstance(tenants, dict):
        yield "the tenants are no mapping"


def _read_twins_at(revision: str, path: str, show: Show, problems: list[str]) -> Twins | None:
    try:
        content = show(revision, path)
    except LookupError as error:
        problems.append(f"the manifest at {revision} cannot be read: {error}")
        return None
    # What git shows of a folder is a list of its files, which starts like this.
    if content.startswith(b"tree "):
        problems.append(f"the manifest {path} at {revision} {_SEVERAL.format('is a folder')}")
        return None
    if includes_others(content):
        problems.append(f"the manifest {path} at {revision} {_SEVERAL.format('includes other files')}")
        return None
    with TemporaryDirectory() as folder:
        # A name of our own: the path may be one that no file can have.
        file = Path(folder) / "manifest.yaml"
        file.write_bytes(content)
        return _read_twins(file, f"{path} at {revision}", problems)


def _read_twins(file: Path, title: str, problems: list[str]) -> Twins | None:
    try:
        manifest = load_manifest(file)
    except ManifestError as error:
        first = str(error).splitlines()[0].removeprefix(f"{file}:")
        problems.append(f"the manifest {title} cannot be used: {first}")
        return None
    except ValueError as error:
        problems.append(f"the manifest {title} cannot be read: {error}")
        return None
    if manifest.selectors:
        # Its listed twins alone would pass for all of them.
        problems.append(f"the manifest {title} selects twins by what they are: only live twins tell which it means")
        return None
    return manifest.twins
