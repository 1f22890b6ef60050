"""From what Pulumi tells a policy to what a rule takes: plain values, and UNKNOWN for what no preview can know."""

from collections.abc import Mapping, Sequence
from typing import Any

from .resource import UNKNOWN, Resource


def remember(seen: dict[str, Resource], args: Any) -> Resource:
    """Notes a resource and its inputs; each rule is told of the same one."""
    if args.urn not in seen:
        seen[args.urn] = Resource(args.resource_type, args.name, args.urn, plain(args.props))
    return seen[args.urn]


def remember_all(seen: dict[str, Resource], args: Any) -> dict[str, Resource]:
    """All resources of the stack, those seen before with what they refer to.

    One that was not seen is no target of this run (`--target`): nothing is known of it but that it is there.
    """
    return {
        told.urn: Resource(
            told.resource_type,
            told.name,
            told.urn,
            seen[told.urn].props if told.urn in seen else UNKNOWN,
            {key: frozenset(item.urn for item in found) for key, found in told.property_dependencies.items()},
        )
        for told in args.resources
    }


def plain(value: Any) -> Any:
    """The value without Pulumi's wrappers, which raise at the first look at something unknown."""
    if isinstance(value, Mapping):
        return {key: _item(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_item(value, index) for index in range(len(value))]
    return value


def _item(container: Any, key: Any) -> Any:
    # By its name: our tests run this file where pulumi_policy is not installed.
    try:
        return plain(container[key])
    except Exception as error:
        if type(error).__name__ == "UnknownValueError":
            return UNKNOWN
        raise
