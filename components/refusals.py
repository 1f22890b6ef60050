"""What a person must do when Azure refuses something for good, in words and with the command.

Codes from the fact sheets adt-rbac, sections 6 and 7, and pulumi-azure, sections 0 and 4.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

import pulumi

from .takeover import import_command

_INSTANCE = "azure-native:digitaltwins:DigitalTwin"
_AT_TOP = ("azure-native:authorization:RoleAssignment", "azure-native:authorization:RoleDefinition")
"""What is declared with the alias that `takeover` speaks of."""


@dataclass(frozen=True, kw_only=True)
class _Failure:
    """One operation that failed."""

    name: str
    type: str
    urn: str
    operation: str
    inputs: Mapping[str, Any]
    error: str
    """What Azure or the provider said."""

    @classmethod
    def from_args(cls, args: pulumi.ErrorHookArgs) -> Self:
        """The newest failure that the hook was told of."""
        return cls(
            name=args.name,
            type=args.type,
            urn=args.urn,
            operation=args.failed_operation,
            inputs=args.new_inputs or args.old_inputs or {},
            error=args.errors[0],
        )

    def input(self, key: str) -> str:
        """One of the resource's inputs, or a blank for a person to fill in."""
        return str(self.inputs.get(key) or f"<{key}>")

    def quoted(self, before: str) -> str:
        """What the error quotes after some words."""
        found = re.search(rf"{before} '([^']+)'", self.error)
        return found[1] if found else "<unknown>"


def explain_refusal(args: pulumi.ErrorHookArgs) -> str | None:
    """What to do about the newest error; None for one that nothing is known of here."""
    failure = _Failure.from_args(args)
    explain = next((explain for code, explain in _EXPLANATIONS.items() if _names(failure.error, code)), None)
    return None if explain is None else f"{failure.name}: {explain(failure)}"


def _names(error: str, code: str) -> bool:
    # Whole words: LinkedAuthorizationFailed is another thing than AuthorizationFailed.
    return re.search(rf"\b{re.escape(code)}\b", error) is not None


def _explain_taken_grant(failure: _Failure) -> str:
    scope, role = failure.input("scope"), failure.input("roleDefinitionId").rsplit("/", 1)[-1]
    guid = re.search(r"role assignment is '?([0-9a-fA-F-]{32,36})", failure.error)
    existing = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{UUID(guid[1])}" if guid else "<id>"
    query = f"[?principalId=='{failure.input('principalId')}' && ends_with(roleDefinitionId, '{role}')].id"
    find = "" if guid else f'\nWhich one it is:\n  az role assignment list --scope {scope} --query "{query}" -o tsv'
    return (
        "the principal holds this role at this scope already, by an assignment of another name; Azure takes the three "
        f"only once.{find}\nIf nothing else manages it, take it over; the next `pulumi up` gives it a name of ours:\n"
        f"  {import_command(failure.type, failure.name, existing)}\n"
        "If another program does, leave this principal out of the config here."
    )


def _explain_existing(failure: _Failure) -> str:
    found = re.search(r"existing (?:sub)?resource '([^']+)'", failure.error)
    existing = found[1] if found else "<id>"
    if failure.type == _INSTANCE:
        return _explain_existing_instance(failure, existing)
    at_top = failure.type in _AT_TOP or "$" not in failure.urn
    command = import_command(failure.type, failure.name, existing, parent=None if at_top else "<urn>")
    where = "" if at_top else "\nwhere <urn> is that of the component around it, which `pulumi stack --show-urns` lists"
    return (
        "it exists, and is not in this stack's state; a run that was cut off may have made it. Take it over, then run "
        f"`pulumi up` again:\n  {command}{where}"
    )


def _explain_existing_instance(failure: _Failure, existing: str) -> str:
    command = import_command(failure.type, failure.name, existing, parent=_component_of_same_name(failure.urn))
    return (
        "an instance of this name exists, and is not in this stack's state. Do not delete it: its twins would be lost. "
        "To use it as it is, with its twins, write into the stack's config:\n"
        f"  digital-twins-rbac:instance: {{resourceId: {existing}}}\n"
        f"If an earlier run of this stack made it, take it over, then run `pulumi up` again:\n  {command}"
    )


def _explain_taken_name(failure: _Failure) -> str:
    name = failure.input("roleName")
    return (
        f'the directory has a role called "{name}" already, under another id, and takes each name once. The name says '
        "project, stack and resource group: it is left from an earlier stack of the same names. See who holds it, then "
        "remove it and run `pulumi up` again:\n"
        f'  az role assignment list --all --role "{name}" -o table\n  az role definition delete --name "{name}"'
    )


def _explain_fixed_grant(failure: _Failure) -> str:
    if failure.operation == "update":
        return (
            "Azure changes neither role, principal nor scope of an assignment. Have it made anew:\n"
            f"  pulumi up --replace '{failure.urn}'"
        )
    query = f"[?name=='{failure.input('roleAssignmentName')}'].id"
    return (
        "an assignment of the same name exists for another role, principal or scope, and Azure changes none of the "
        "three. Find it, remove it, and run `pulumi up` again:\n"
        f'  az role assignment list --all --query "{query}" -o tsv\n  az role assignment delete --ids <id>'
    )


def _explain_used_role(failure: _Failure) -> str:
    return (
        "principals still hold this role. What this stack took away a moment ago counts for some minutes more: run it "
        "again. What others assigned has to go first:\n"
        f"  az role assignment list --all --role {failure.input('roleDefinitionId')} --query [].id -o tsv\n"
        "  az role assignment delete --ids <id>"
    )


def _explain_lock(failure: _Failure) -> str:
    scopes = re.findall(r"'([^']+)'", failure.error.partition("are locked:")[2])
    return (
        f"a lock at {', '.join(scopes) or 'the resource or above it'} forbids it. If it is this stack's own, take "
        "`lock` out of digital-twins-rbac:instance in the config, run `pulumi up`, and do this again. If somebody else "
        "set it, ask them first:\n  az lock list --query [].id -o tsv\n  az lock delete --ids <id>"
    )


def _explain_wrong_type(failure: _Failure) -> str:
    return (
        f"the principal is a {failure.quoted('has type')} and no {failure.input('principalType')}: set its "
        "principalType so in the config, then run `pulumi up` again."
    )


def _explain_unknown_principal(failure: _Failure) -> str:
    return (
        f"the directory has no principal {failure.input('principalId')}. Give the object id of the user, group or "
        "service principal; for an app that is not its client id:\n  az ad sp show --id <client id> --query id -o tsv"
    )


def _explain_missing_right(failure: _Failure) -> str:
    action, scope = failure.quoted("perform action"), failure.quoted("over scope")
    deployer = failure.quoted("object id")
    role = "User Access Administrator" if action.startswith("Microsoft.Authorization/") else "Contributor"
    group = re.match(r"/subscriptions/[^/]+/resourceGroups/[^/]+", scope, re.IGNORECASE)
    return (
        f"the deployer, {deployer}, may not {action}: it lacks the role {role}. An owner gives it; some minutes later, "
        f"run `pulumi up` again:\n  az role assignment create --assignee {deployer} --role '{role}' --scope "
        f"{group[0] if group else scope}"
    )


def _explain_directory_refusal(failure: _Failure) -> str:
    return (
        "the directory does not let the running principal do this. It owns the registration as long as it stands in "
        "digital-twins-rbac:deployers, and needs the Microsoft Graph permissions of docs/deploy.md. An owner, or an "
        "administrator of applications, makes it an owner again; then run `pulumi up` again:\n"
        f"  az ad app owner add --id {failure.input('clientId')} --owner-object-id <object id of the running principal>"
    )


_EXPLANATIONS: Mapping[str, Callable[[_Failure], str]] = {
    "RoleAssignmentExists": _explain_taken_grant,
    "cannot create already existing": _explain_existing,
    "RoleDefinitionWithSameNameExists": _explain_taken_name,
    "RoleAssignmentUpdateNotPermitted": _explain_fixed_grant,
    "RoleDefinitionHasAssignments": _explain_used_role,
    "ScopeLocked": _explain_lock,
    "UnmatchedPrincipalType": _explain_wrong_type,
    "PrincipalNotFound": _explain_unknown_principal,
    "AuthorizationFailed": _explain_missing_right,
    "Authorization_RequestDenied": _explain_directory_refusal,
}
"""What stands in the error -> what to say of it."""


def _component_of_same_name(urn: str) -> str | None:
    """The URN of the component around a resource that is called like its component."""
    *before, types, name = urn.split("::")
    around = types.rpartition("$")[0]
    return "::".join((*before, around, name)) if around else None
