"""How `pulumi import` takes over what a component would declare.

It puts what it imports at the stack's top unless it is told the parent's URN. What is declared with the alias here is
the same resource there, so that type, name and id are all that the command needs.
"""

import pulumi

AT_TOP = pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)
"""The same resource without its component."""


def import_command(type_: str, name: str, resource_id: str, *, parent: str | None = None) -> str:
    """What a person types to take a resource over; `parent` is the URN of its component, unless it has the alias.

    What is imported is protected by default, and a protected resource cannot be replaced; code for it is here already.
    """
    of = "" if parent is None else f" --parent 'parent={parent}'"
    return f"pulumi import {type_} {name} '{resource_id}' --protect=false --generate-code=false{of}"
