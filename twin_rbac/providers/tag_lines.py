"""What RoleTags says in a preview or an update, a line each; of many twins the first are named."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from twin_rbac.providers.live import say
from twin_rbac.role_tags.model import TagRules, TwinTags
from twin_rbac.role_tags.plan import Plan
from twin_rbac.role_tags.selectors import Selector

MOST_NAMED = 100
"""How many twins are named, of each sort; the others are counted."""

Properties = Mapping[str, Any]


def name_unlisted(unlisted: Mapping[str, str], props: Properties) -> None:
    """Names the twins that carry a role and are not the manifest's."""
    removes = props["rules"]["unlisted"] == "remove"
    outcome = "its role tag is removed" if removes else "list it there, or set unlisted: remove"
    _say_each(
        sorted(unlisted.items()),
        lambda item: f"unlisted: twin {item[0]} carries {item[1]} but is not in {props['manifest']}; {outcome}",
        "unlisted",
    )


def name_ignored(recorded: Mapping[str, str], desired: Mapping[str, str], rules: TagRules) -> None:
    """Names the twins that the manifest decided about and now ignores."""
    ignored = [
        (twin_id, role) for twin_id, role in recorded.items() if twin_id not in desired and rules.ignores(twin_id)
    ]
    _say_each(
        sorted(ignored),
        lambda item: (
            f"ignored: twin {item[0]} keeps {item[1]}, since the manifest ignores it now; take its tag off by hand"
        ),
        "ignored",
    )


def name_moved(before: TagRules, after: TagRules, desired: Mapping[str, str]) -> None:
    """Names the twins that get another tag than the manifest decided about before."""
    old = _tag(before)

    def describe(item: tuple[str, str]) -> str:
        twin_id, role = item
        new = f"{_tag(after)} = {role}"
        return f"moved: twin {twin_id} gets {new}; its {old} stays, take it off with the old manifest first"

    _say_each(sorted(desired.items()), describe, "moved")


def name_drift(
    existing: Mapping[str, TwinTags], rules: TagRules, declared: Mapping[str, str], lately: Mapping[str, str]
) -> None:
    """Names the twins that are not as they were declared.

    `lately` is what the last look found: a twin that was gone then already is no news.
    """
    drifted = []
    for twin_id, role in sorted(declared.items()):
        if twin_id in existing:
            live = rules.role_of(existing[twin_id])
            if live != role:
                drifted.append((twin_id, f"carries {live or 'no role'}", role))
        elif rules.missing != "skip" and twin_id in lately:
            drifted.append((twin_id, "is gone", role))
    _say_each(drifted, lambda item: f"drift: twin {item[0]} {item[1]}, and {item[2]} was declared", "drift")


def name_skipped(missing: Iterable[str], desired: Mapping[str, str]) -> None:
    """Names the twins that are passed over, as the manifest allows."""
    _say_each(
        list(missing), lambda twin_id: f"skipped: there is no twin {twin_id} to carry {desired[twin_id]}", "skipped"
    )


def name_unresolved(unresolved: Iterable[Selector]) -> None:
    """Names the selectors that nobody can ask yet."""
    for selector in unresolved:
        say(f"the {selector.kind} at {selector.place} is asked once there is an instance")


def name_upgrades(plan: Plan) -> None:
    """Names the models that get a next version, and those whose twins move to another model."""
    moving: dict[tuple[str, str], int] = {}
    for change in plan.changes:
        if change.model_id is not None:
            pair = (str(change.existing.model_id), change.model_id)
            moving[pair] = moving.get(pair, 0) + 1
    for definition in plan.models:
        say(f"model: {definition['@id']} is made, with a map for the role tag")
    for (old, new), count in sorted(moving.items()):
        say(f"model: {count:,} {'twin moves' if count == 1 else 'twins move'} from {old} to {new}")


def _tag(rules: TagRules) -> str:
    return (
        f"{rules.property}.{rules.key}" if rules.encoding == "value" else f"{rules.property} (a marker for each role)"
    )


def _say_each(items: Sequence[Any], describe: Callable[[Any], str], what: str) -> None:
    for item in islice(items, MOST_NAMED):
        say(describe(item))
    if len(items) > MOST_NAMED:
        say(f"{what}: and {len(items) - MOST_NAMED:,} more twins")
