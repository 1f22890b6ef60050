"""The work of TwinGraph: what each call of Pulumi means in terms of the library."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from twin_rbac.providers.live import require_target, say
from twin_rbac.role_tags import digest
from twin_rbac.role_tags.graph_file import load_graph
from twin_rbac.role_tags.model import Seeded
from twin_rbac.role_tags.reconcile import seed_graph

Properties = dict[str, Any]

_SECTIONS = ("models", "twins", "relationships")


def warn_of_changes(olds: Properties, news: Properties) -> None:
    """Names the lines of the file that changed since they were seeded."""
    for section in _SECTIONS:
        before = olds.get(section) or {}
        for key in sorted(key for key, sha in news[section].items() if before.get(key, sha) != sha):
            say(f"warning: {news['graph']}: the line of {key} in {section} changed; a seed overwrites nothing")


async def seed(props: Properties, seeded: Properties) -> Properties:
    """Uploads what is new to the seed, and returns the resource's outputs.

    Raises:
        AzureError: a call failed for good.
    """
    target = await require_target(props)
    before = Seeded.from_mapping({section: _unpack(ids) for section, ids in seeded.items()})
    done = await seed_graph(target, load_graph(Path(props["graph"])), before, progress=say)
    return {**props, "seeded": {section: _pack(ids) for section, ids in done.to_mapping().items()}}


def _pack(ids: list[str]) -> list[str] | str:
    """The ids as they are, or as one text where they are many."""
    return ids if len(ids) <= digest.MOST_SHOWN else digest.pack_ids(ids)


def _unpack(ids: list[str] | str) -> Iterable[str]:
    return digest.unpack_ids(ids) if isinstance(ids, str) else ids
