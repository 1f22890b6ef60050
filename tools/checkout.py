"""Where things are: the checkout, its Python, the local folder, the project that a command is about, the cache."""

from collections.abc import Mapping
from pathlib import Path

# Not resolved: a checkout reached through a link keeps the paths its owner knows.
CHECKOUT = Path(__file__).parent.parent
VENV = CHECKOUT / ".venv"


def local_folder(environ: Mapping[str, str]) -> Path:
    """The folder of the local Azure and of Pulumi's local state: TWIN_RBAC_LOCAL, else `.local` of the checkout."""
    return Path(environ.get("TWIN_RBAC_LOCAL") or CHECKOUT / ".local").absolute()


def project_folder(current: Path) -> Path:
    """The Pulumi project that a command run in `current` is about: that folder if it holds one, else the checkout."""
    return current if (current / "Pulumi.yaml").is_file() else CHECKOUT


def cache_folder(environ: Mapping[str, str]) -> Path:
    """What outlives a checkout: TWIN_RBAC_CACHE, else `digital-twins-rbac` in the person's cache folder."""
    if own := environ.get("TWIN_RBAC_CACHE"):
        return Path(own).absolute()
    base = Path(environ["XDG_CACHE_HOME"]) if environ.get("XDG_CACHE_HOME") else Path.home() / ".cache"
    return base / "digital-twins-rbac"
