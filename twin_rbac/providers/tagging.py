"""What create, update and read of RoleTags do, in terms of the library."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pulumi.dynamic import ReadResult

from twin_rbac.clients.errors import AccessDenied, OutsideNetwork
from twin_rbac.providers import tag_lines
from twin_rbac.providers.live import is_gone, require_target, say, warn_unseen
from twin_rbac.role_tags.digest import pack, unpack
from twin_rbac.role_tags.errors import MissingTwins
from twin_rbac.role_tags.manifest import load_manifest
from twin_rbac.role_tags.model import TagRules
from twin_rbac.role_tags.plan import Plan, make_plan
from twin_rbac.role_tags.reconcile import apply_tags, read_existing
from twin_rbac.role_tags.wanted import Wanted

Properties = dict[str, Any]

_COMPUTED = ("declared", "unlisted")


async def apply(props: Properties, olds: Properties) -> Properties:
    """Makes the twins say what the checked inputs say, and returns the resource's outputs.

    `olds` are the outputs of the last apply; empty when this is the first.

    Raises:
        AzureError: a call failed for good.
        MissingTwins: a listed twin does not exist and may not be missing; nothing was written.
        UntaggableTwins: models cannot hold the tag; nothing was written.
        ApplyIncomplete: some twins could not be written; all others were.
    """
    target = await require_target(props)
    rules, twins = TagRules.from_mapping(props["rules"]), unpack(props["twins"])
    manifest = load_manifest(Path(props["manifest"]))
    wanted = Wanted(
        rules=rules,
        desired=twins,
        declared=unpack(olds.get("declared")),
        former_roles=former_roles(olds),
        # What a selector chose in check and is gone by now is not missing.
        selected=twins.keys() - manifest.twins.keys(),
    )
    try:
        applied = await apply_tags(target, wanted, upgrade_models=bool(props.get("upgradeModels")), progress=say)
    except MissingTwins as error:
        raise MissingTwins(error.twin_ids, manifest.places) from None
    gone = frozenset(applied.plan.missing)
    live = {twin_id: role for twin_id, role in twins.items() if twin_id not in gone}
    unlisted = {} if rules.unlisted == "remove" else applied.plan.unlisted
    return {
        **props,
        "twins": pack(live, rules, before=props["twins"]),
        "declared": pack(twins, rules, before=props["twins"]),
        "unlisted": pack(unlisted, rules),
    }


async def read(id_: str, props: Properties) -> ReadResult:
    """What the declared twins carry now, and which others carry a role.

    Raises:
        AzureError: the instance exists and does not answer.
    """
    if await is_gone(props):
        return ReadResult("", {})
    rules, declared = _reporting(props), unpack(props["declared"])
    try:
        target = await require_target(props)
        existing = await read_existing(target, rules, declared, expected=declared, progress=say)
    except (AccessDenied, OutsideNetwork) as error:
        warn_unseen(error)
        return ReadResult(id_, props)
    plan = make_plan(rules, declared, declared=(), existing=existing)
    tag_lines.name_drift(existing, rules, declared, unpack(props.get("twins")))
    tag_lines.name_unlisted(plan.unlisted, props)
    roles = {twin_id: rules.role_of(existing[twin_id]) for twin_id in declared if twin_id in existing}
    live = {twin_id: role for twin_id, role in roles.items() if role}
    outputs = {
        **props,
        "twins": pack(live, rules, before=props.get("twins")),
        "unlisted": pack(plan.unlisted, rules, before=props.get("unlisted")),
    }
    return ReadResult(id_, outputs, _inputs_of(outputs, live, plan))


def _reporting(props: Properties) -> TagRules:
    # A plan that removes unlisted twins lists them as changes; here they are to be seen as what they are.
    return replace(TagRules.from_mapping(props["rules"]), unlisted="report")


def _inputs_of(outputs: Properties, live: Mapping[str, str], plan: Plan) -> Properties:
    """What the next preview compares the manifest with, so that each difference is one line."""
    twins = dict(live)
    if outputs["rules"]["unlisted"] == "remove":
        twins |= plan.unlisted
    if plan.rules.missing == "skip":
        # That they are not there is no difference then.
        declared = unpack(outputs["declared"])
        twins |= {twin_id: declared[twin_id] for twin_id in plan.missing}
    kept = {name: value for name, value in outputs.items() if name not in _COMPUTED}
    return {**kept, "twins": pack(twins, plan.rules, before=outputs["twins"])}


def moves_tag(olds: Properties, news: Properties) -> bool:
    """Whether the manifest decides about another tag than it did."""
    if olds.get("rules") is None:
        return False
    before, after = (TagRules.from_mapping(props["rules"]) for props in (olds, news))
    return _place_of_tag(before) != _place_of_tag(after)


def _place_of_tag(rules: TagRules) -> tuple[str, str, str | None]:
    # A marker's key is the role.
    return rules.encoding, rules.property, rules.key if rules.encoding == "value" else None


def former_roles(olds: Properties) -> list[str]:
    """The roles that the manifest had when it was last applied."""
    return list((olds.get("rules") or {}).get("roles") or ())
