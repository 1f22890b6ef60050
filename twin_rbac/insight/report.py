"""What a reviewer of a pull request wants to know of a preview, as one value; pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from twin_rbac.insight.base import Base
from twin_rbac.insight.changes import ResourceChange, find_changes, find_losses
from twin_rbac.insight.exposed import Exposure
from twin_rbac.insight.exposure import find_exposure
from twin_rbac.insight.preview import Preview
from twin_rbac.insight.principals import Tenant, name_all, name_principals, read_tenants
from twin_rbac.insight.sight import SightChange, View, compare_views, view_after, view_before
from twin_rbac.insight.tag_plan import TagPlan, make_tag_plans

_FILES = "the manifest"


@dataclass(frozen=True, kw_only=True)
class Report:
    """The report on one pull request."""

    stack: str
    errors: tuple[str, ...]
    """Why the preview failed; then nothing is said of tenants, since what is missing may change what they see."""
    losses: tuple[ResourceChange, ...]
    """Instances that would be lost, and a sign-in that would be deleted."""
    sight: tuple[SightChange, ...]
    sight_is_known: bool
    """Whether the preview tells enough to say that nobody else's sight changes."""
    tenants: int
    """How many tenants hold a role before or after."""
    exposure: tuple[Exposure, ...]
    tags: tuple[TagPlan, ...]
    changes: tuple[ResourceChange, ...]
    principals: Mapping[str, str]
    """Object id -> tenant's name."""
    notes: tuple[str, ...]
    """What the preview could not tell, its warnings, and what the base could not tell."""
    base: Base

    @property
    def has_changes(self) -> bool:
        """Whether an update would do anything."""
        return bool(self.changes or self.tags or self.sight)

    def name(self, principal_id: str) -> str:
        """A principal as people call it."""
        return self.principals.get(principal_id, principal_id)


def make_report(preview: Preview, base: Base) -> Report:
    """The report on a preview, with what stood in the repository before."""
    principals = name_principals(preview, base.tenants)
    before, after, source = _views(preview, base)
    failed = bool(preview.errors)
    changes = find_changes(preview, name_all(preview, principals))
    return Report(
        stack=preview.stack,
        errors=preview.errors,
        losses=find_losses(preview),
        sight=() if failed else compare_views(before, after),
        sight_is_known=not (failed or before.unknown or after.unknown or _PARTLY in source),
        tenants=len(before.roles.keys() | after.roles.keys()),
        exposure=find_exposure(preview, principals),
        tags=() if failed else make_tag_plans(preview),
        changes=changes,
        principals=principals,
        notes=(*source, *_unknown(changes, before, after), *_beyond(preview, base), *base.problems, *preview.messages),
        base=base,
    )


def _views(preview: Preview, base: Base) -> tuple[View, View, tuple[str, ...]]:
    """The views before and after, and where they come from if not from the preview alone."""
    if preview.is_whole or preview.errors:
        return view_before(preview), view_after(preview), ()
    # Only what changes stands in the preview: the files tell of the rest.
    now = read_tenants(preview.config)
    if not now or base.twins is None or base.changes is None or not base.tenants:
        return view_before(preview), view_after(preview), (_PARTLY,) if preview.before else ()
    twins = dict(base.twins)
    for change in base.changes:
        twins.pop(change.twin_id, None)
        if change.new is not None:
            twins[change.twin_id] = change.new
    return _view(base.tenants, base.twins), _view(now, twins), (_FROM_FILES,)


_PARTLY = (
    "the preview holds only what changes, so tenants may see more than is counted here; run it with --show-sames "
    "or with a refresh"
)
_FROM_FILES = (
    "the preview holds only what changes: who sees what is taken from the config and the manifest, here and at the "
    "base, not from what is deployed"
)


def _view(tenants: Mapping[str, Tenant], twins: Mapping[str, str]) -> View:
    roles = {(_FILES, tenant.principal_id): tenant.roles for tenant in tenants.values()}
    return View(roles=roles, twins={_FILES: twins})


def _unknown(changes: tuple[ResourceChange, ...], before: View, after: View) -> tuple[str, ...]:
    sentences = [f"the preview does not tell {item}" for item in dict.fromkeys((*before.unknown, *after.unknown))]
    names = [
        f"{name} of {change.name} ({change.type})"
        for change in changes
        for name in _SHORT_LIST & {item.path for item in change.properties if item.unknown}
    ]
    if names:
        sentences.append(f"known only at the update: {', '.join(sorted(names))}")
    return tuple(sentences)


_SHORT_LIST = {"publicNetworkAccess", "principalId"}
"""What a reviewer has to know: said by name where it is unknown; other unknown properties are marked."""


def _beyond(preview: Preview, base: Base) -> tuple[str, ...]:
    """Changes of role tags that do not come from the pull request's own change of the manifest."""
    if base.changes is None or preview.errors or not preview.before:
        return ()
    own = {change.twin_id for change in base.changes}
    others = sorted({item.twin_id for plan in make_tag_plans(preview) if plan.goes_on for item in plan.changes} - own)
    if not others:
        return ()
    shown = ", ".join(others[:20]) + (f" and {len(others) - 20} more" if len(others) > 20 else "")
    reason = "tags edited by hand, or an update that was never run"
    return (f"changed by this update, and not in the manifest since {base.revision} ({reason}): {shown}",)
