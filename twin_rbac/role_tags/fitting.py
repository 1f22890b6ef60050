"""A plan and models that cannot hold the role tag: without their twins, or with their twins moved to others; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from twin_rbac.role_tags.plan import Change, Plan


def models_given_roles(plan: Plan) -> frozenset[str]:
    """The models of the twins that the plan gives a role."""
    return frozenset(str(change.existing.model_id) for change in plan.changes if _gives_role(change))


def hold_back(plan: Plan, reasons: Mapping[str, str]) -> Plan:
    """The plan without the changes of twins whose model cannot hold the tag.

    Args:
        plan: a plan.
        reasons: model -> why it cannot.
    """
    held = {
        change.twin_id: str(change.existing.model_id)
        for change in plan.changes
        if _gives_role(change) and change.existing.model_id in reasons
    }
    return replace(
        plan,
        changes=tuple(change for change in plan.changes if change.twin_id not in held),
        untaggable=held,
        reasons={model_id: reasons[model_id] for model_id in sorted(set(held.values()))},
    )


def move_models(plan: Plan, moves: Mapping[str, str], models: Iterable[Mapping[str, Any]]) -> Plan:
    """The plan in which twins of a model that cannot hold the tag go to the one that can, in the same write.

    Args:
        plan: a plan.
        moves: model -> the one that takes its twins.
        models: the definitions to create first.
    """
    changes = tuple(_moved(change, moves) for change in plan.changes)
    return replace(plan, changes=changes, moves=dict(moves), models=tuple(models))


def _moved(change: Change, moves: Mapping[str, str]) -> Change:
    moved_to = moves.get(change.existing.model_id or "")
    return replace(change, model_id=moved_to) if moved_to and _gives_role(change) else change


def _gives_role(change: Change) -> bool:
    return change.new is not None and change.existing.model_id is not None
