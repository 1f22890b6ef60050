"""Who owns an application or a service principal; the permission to write owned ones is about that."""

from collections.abc import Mapping
from typing import Any

from emulator.entra.directory import GROUP
from emulator.entra.graph.access import Caller
from emulator.entra.graph.bodies import OWNERS, read_reference
from emulator.entra.graph.errors import BadRequest, NotFound
from emulator.entra.principals import Principals
from emulator.storage import Document


def first_owners(caller: Caller, body: Mapping[str, Any], principals: Principals) -> list[str]:
    """The owners of what the caller makes: itself, and whom the body names.

    Raises:
        BadRequest: one is no user or service principal.
    """
    named = [_find_owner(read_reference(address), principals) for address in body.get(OWNERS, [])]
    return list(dict.fromkeys([caller.object_id, *named]))


def change_owners(document: Document, principals: Principals, *, add: str = "", remove: str = "") -> Document:
    """The document with an owner more, or one less.

    Raises:
        BadRequest: the new one is no user or service principal, or an owner already.
        NotFound: the one to remove is no owner.
    """
    owners = list(document["owners"])
    if add:
        if add in owners:
            message = (
                "One or more added object references already exist for the following modified properties: 'owners'."
            )
            raise BadRequest(message)
        owners.append(_find_owner(add, principals))
    if remove:
        if remove not in owners:
            raise NotFound(remove)
        owners.remove(remove)
    return {**document, "owners": owners}


def _find_owner(object_id: str, principals: Principals) -> str:
    found = principals.find(object_id)
    if found is None or found["type"] == GROUP:
        message = f"The reference target '{object_id}' is invalid for the 'owners' reference."
        raise BadRequest(message)
    return found["id"]
