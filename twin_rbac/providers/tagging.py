"""The work of RoleTags: what each call of Pulumi means in terms of the library."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pulumi.dynamic import CheckFailure, ReadResult

from twin_rbac.clients.errors import AccessDenied, OutsideNetwork
from twin_rbac.providers.live import find_target, is_gone, is_known, require_target, say, warn_unseen
from twin_rbac.role_tags.errors import MissingTwins
from twin_rbac.role_tags.graph_file import load_graph
from twin_rbac.role_tags.manifest import load_manifest
from twin_rbac.role_tags.model import TagRules, TwinTags, decode_ids
from twin_rbac.role_tags.plan import Plan, make_plan
from twin_rbac.role_tags.reconcile import apply_tags, plan_tags, read_existing

Properties = dict[str, Any]

_COMPUTED = ("declared", "unlisted")


async def check(olds: Properties, news: Properties) -> list[CheckFailure]:
    """What is wrong with the new inputs: listed twins that do not exist. Names the unlisted ones on the way.

    A caller without data rights, or outside the instance's network, gets one warning; its plan is the comparison of the
    recorded twins with the manifest.
    """
    try:
        plan = await _plan(olds, news)
    except (AccessDenied, OutsideNetwork) as error:
        warn_unseen(error)
        return []
    if plan is None:
        return _missing_from_graph(news)
    _name_unlisted(plan.unlisted, news)
    _name_ignored(olds, news)
    if moves_tag(olds, news):
        _name_moved(olds, news)
    expected = _expected_from_graph(olds, news)
    return _failures([twin for twin in plan.missing if twin not in expected], news)


async def _plan(olds: Properties, news: Properties) -> Plan | None:
    target = await find_target(news)
    if target is None:
        return None
    # The old inputs are what the last refresh found on the declared twins: those are removals, not unlisted twins.
    return await plan_tags(
        target,
        _reporting(news),
        news["twins"],
        declared=list(olds.get("twins") or ()),
        progress=say,
    )


def _reporting(props: Properties) -> TagRules:
    # A plan that removes unlisted twins lists them as changes; here they are to be seen as what they are.
    return replace(TagRules.from_mapping(props["rules"]), unlisted="report")


def _missing_from_graph(news: Properties) -> list[CheckFailure]:
    # The instance does not exist yet, so a twin can only come from the graph; without one nothing can be said.
    if not news.get("graph"):
        return []
    present = _graph_twins(news)
    return _failures([twin for twin in news["twins"] if twin not in present], news)


def _expected_from_graph(olds: Properties, news: Properties) -> set[str]:
    if not news.get("graph"):
        return set()
    # Unknown while the graph itself changes in this preview; what was seeded before is known all the same.
    seeded = news.get("seeded") if is_known(news.get("seeded")) else olds.get("seeded")
    return _graph_twins(news) - decode_ids(seeded or "")


def _graph_twins(news: Properties) -> set[str]:
    return set(load_graph(Path(news["graph"])).twins)


def _failures(missing: list[str], news: Properties) -> list[CheckFailure]:
    if news["rules"]["missing"] == "skip":
        for twin in missing:
            say(f"skipped: there is no twin {twin} to carry {news['twins'][twin]}")
        return []
    return [CheckFailure("", reason) for reason in _reasons(missing, news)]


def _reasons(missing: list[str], news: Properties) -> list[str]:
    if not missing:
        return []

    places = load_manifest(Path(news["manifest"])).places
    return [
        f"{places[twin]}: there is no twin {twin!r} in the instance; create it, take it out, or set missing: skip"
        for twin in missing
    ]


def _name_unlisted(unlisted: Mapping[str, str], news: Properties) -> None:
    for twin, role in sorted(unlisted.items()):
        outcome = "its role tag is removed" if _removes_unlisted(news) else "list it there, or set unlisted: remove"
        say(f"unlisted: twin {twin} carries {role} but is not in {news['manifest']}; {outcome}")


def _removes_unlisted(props: Properties) -> bool:
    return bool(props["rules"]["unlisted"] == "remove")


def _name_ignored(olds: Properties, news: Properties) -> None:
    rules = TagRules.from_mapping(news["rules"])
    for twin, role in sorted((olds.get("twins") or {}).items()):
        if twin not in news["twins"] and rules.ignores(twin):
            say(f"ignored: twin {twin} keeps {role}, since the manifest ignores it now; take its tag off by hand")


def moves_tag(olds: Properties, news: Properties) -> bool:
    """Whether the manifest decides about another tag than it did."""
    before, after = olds.get("rules"), news["rules"]
    return before is not None and any(before[name] != after[name] for name in ("property", "key"))


def _name_moved(olds: Properties, news: Properties) -> None:
    before, after = (f"{props['rules']['property']}.{props['rules']['key']}" for props in (olds, news))
    for twin, role in sorted(news["twins"].items()):
        say(f"moved: twin {twin} gets {after} = {role}; its {before} stays, take it off with the old manifest first")


def _name_drift(existing: Mapping[str, TwinTags], rules: TagRules, declared: Mapping[str, str]) -> None:
    for twin, role in sorted(declared.items()):
        if twin not in existing and rules.missing == "skip":
            continue
        live = rules.role_of(existing[twin]) if twin in existing else None
        if live != role:
            found = f"carries {live or 'no role'}" if twin in existing else "is gone"
            say(f"drift: twin {twin} {found}, and {role} was declared")


async def apply(props: Properties, olds: Properties) -> Properties:
    """Makes the twins say what the manifest says, and returns the resource's outputs.

    `olds` are the outputs of the last apply; empty when this is the first.

    Raises:
        AzureError: a call failed for good.
        MissingTwins: a listed twin does not exist and may not be missing; nothing was written.
        ApplyIncomplete: some twins could not be written; all others were.
    """
    target = await require_target(props)
    rules = TagRules.from_mapping(props["rules"])
    try:
        applied = await apply_tags(
            target,
            rules,
            props["twins"],
            declared=olds.get("declared") or {},
            former_roles=(olds.get("rules") or {}).get("roles") or (),
            progress=say,
        )
    except MissingTwins as error:
        raise MissingTwins(error.twin_ids, load_manifest(Path(props["manifest"])).places) from None
    unlisted = {} if rules.unlisted == "remove" else dict(applied.plan.unlisted)
    live = {twin: role for twin, role in props["twins"].items() if twin not in applied.plan.missing}
    return {**props, "twins": live, "declared": dict(props["twins"]), "unlisted": unlisted}


async def read(id_: str, props: Properties) -> ReadResult:
    """What the declared twins carry now, and which others carry a role.

    Raises:
        AzureError: the instance exists and does not answer.
    """
    if await is_gone(props):
        return ReadResult("", {})
    rules, declared = _reporting(props), props["declared"]
    try:
        target = await require_target(props)
        existing = await read_existing(target, rules, declared, expected=declared, progress=say)
    except (AccessDenied, OutsideNetwork) as error:
        warn_unseen(error)
        return ReadResult(id_, props)
    plan = make_plan(rules, declared, declared=(), existing=existing)
    _name_drift(existing, rules, declared)
    _name_unlisted(plan.unlisted, props)
    roles = {twin: rules.role_of(existing[twin]) for twin in declared if twin in existing}
    outputs = {**props, "twins": {twin: role for twin, role in roles.items() if role}, "unlisted": dict(plan.unlisted)}
    return ReadResult(id_, outputs, _inputs_of(outputs, plan))


def _inputs_of(outputs: Properties, plan: Plan) -> Properties:
    """What the next preview compares the manifest with, so that each difference is one line."""
    twins = dict(outputs["twins"])
    if _removes_unlisted(outputs):
        twins |= plan.unlisted
    if plan.rules.missing == "skip":
        # That they are not there is no difference then.
        twins |= {twin: outputs["declared"][twin] for twin in plan.missing}
    return {key: value for key, value in {**outputs, "twins": twins}.items() if key not in _COMPUTED}
