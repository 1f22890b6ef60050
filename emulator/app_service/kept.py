"""The sites of earlier starts. Resource Manager's state alone says which there are, as with instances."""

from typing import Any

from emulator.app_service.documents import SITE_TYPE
from emulator.resource_manager.context import SiteHosts
from emulator.resource_manager.resources import RESOURCES
from emulator.storage import Storage


def kept_sites(storage: Storage) -> list[str]:
    """The ARM ids of the sites, oldest first."""
    return [document["id"] for _, document in storage.items(RESOURCES) if document["type"] == SITE_TYPE]


def record_hosts(storage: Storage, site_id: str, hosts: SiteHosts) -> None:
    """Lets Resource Manager answer with the host names that a site has now: PORT may have moved it."""
    key = site_id.lower()
    document = storage.get(RESOURCES, key)
    if document is None:
        return
    now = {"Standard": hosts.site, "Repository": hosts.scm}
    states = document["properties"].get("hostNameSslStates", [])
    moved = {state["name"]: now[state["hostType"]] for state in states if state["name"] != now[state["hostType"]]}
    if moved:
        storage.put(RESOURCES, key, _replaced(document, moved))


def _replaced(value: Any, texts: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _replaced(item, texts) for name, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, texts) for item in value]
    return texts.get(value, value) if isinstance(value, str) else value
