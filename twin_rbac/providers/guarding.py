"""The work of InstanceGuard: which change of config would lose twins or strand event routes, and what to do instead."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi.output import Unknown

Properties = Mapping[str, Any]


def find_losses(olds: Properties, news: Properties) -> Iterator[tuple[str, str]]:
    """The inputs whose change would replace or delete the recorded instance, each with a sentence.

    Nothing is lost where none is recorded, where it was not the program's, or where protection is off.
    """
    if olds.get("routes") and not news.get("endpoints"):
        yield "endpoints", _stranded(olds["routes"])
    if not olds.get("managed") or isinstance(news.get("instanceId"), Unknown):
        return
    before, after = str(olds["instanceId"]), str(news["instanceId"])
    if not news["managed"]:
        yield "managed", _handed_over(before, after)
    elif news["protect"]:
        yield from _moves(olds, news, before, after)


def _stranded(routes: Sequence[str]) -> str:
    return (
        f"the event routes {', '.join(routes)} cannot be deleted in the run that takes the last endpoint away, since "
        "their rights go with it: leave instance.endpoints as it was, take instance.routes out, run pulumi up, and "
        "take the endpoints out then"
    )


def _moves(olds: Properties, news: Properties, before: str, after: str) -> Iterator[tuple[str, str]]:
    if before.lower() != after.lower():
        yield "instanceId", _replaced(_name(before), f"its id would become {after}")
    elif _region(olds) and _region(news) and _region(olds) != _region(news):
        yield "location", _replaced(_name(before), f"its region would change from {_region(olds)} to {_region(news)}")


def _replaced(name: str, change: str) -> str:
    return (
        f"the instance {name} would be replaced ({change}), and ALL ITS TWINS WOULD BE LOST: Azure can neither rename "
        "nor move an instance. Undo the change of config (azure-native:location, instance.name, the stack's or "
        "project's name), or export the graph first and set digital-twins-rbac:instance.protect to false, for this "
        "change alone"
    )


def _handed_over(before: str, after: str) -> str:
    return (
        f"the instance {_name(before)} is this stack's own, and with instance.resourceId {after} it WOULD BE DELETED "
        "with all its twins. Undo the change; or, to go on using the instance without managing it, take it out of the "
        "state first: pulumi state delete --force, with the URNs of instance-guard and of the DigitalTwin"
    )


def _name(instance_id: str) -> str:
    return instance_id.rsplit("/", 1)[-1]


def _region(properties: Properties) -> str:
    """The region in Azure's own spelling: "West Europe" is westeurope."""
    return str(properties.get("location") or "").replace(" ", "").lower()
