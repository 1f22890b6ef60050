"""The Pulumi engine: found on PATH or in the cache, else installed, else built.

`find_engine` only looks, `get_engine` does whatever it takes. The ways, in order:

    path.py       `pulumi` on PATH
    cache.py      what an earlier run left in the person's cache folder
    installer.py  the official installer, where the internet is reachable
    build.py      from its published Go modules (`engine/`, `language/`), where only package registries are
"""

from collections.abc import Mapping

from tools.checkout import cache_folder
from tools.engine import build, installer
from tools.engine.cache import EngineCache, Way
from tools.engine.model import VERSION, Engine
from tools.engine.path import engine_on_path
from tools.errors import EngineUnavailable, WayFailed
from tools.steps import Report

__all__ = ["Engine", "find_engine", "get_engine"]

WAYS = (
    Way("the official installer", installer.install),
    Way("a build from the Go modules in tools/engine", build.build),
)


def find_engine(environ: Mapping[str, str]) -> Engine | None:
    """The engine that is here already, or None. Takes a fraction of a second."""
    try:
        return engine_on_path(environ)
    except WayFailed:
        return EngineCache(cache_folder(environ)).find()


def get_engine(environ: Mapping[str, str], *, report: Report) -> Engine:
    """The engine, fetched or built where it is not here yet (about five minutes in the worst case).

    Raises:
        EngineUnavailable: naming every way and why it failed.
    """
    try:
        return engine_on_path(environ)
    except WayFailed as exc:
        on_path = ("pulumi on PATH", str(exc))
    try:
        return EngineCache(cache_folder(environ)).get(WAYS, environ=environ, report=report)
    except EngineUnavailable as exc:
        raise EngineUnavailable(VERSION, (on_path, *exc.failures)) from exc
