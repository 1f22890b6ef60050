"""The gateway's app registration: for whom tokens are issued, and who may ask for them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_azuread as azuread
from pulumi import Input, Output, ResourceOptions

from .naming import registration_guid

SCOPE = "user_impersonation"
"""The delegated permission in a user's token."""
APP_ROLE = "Twins.Read"
"""The app role in an application's own token, which also puts a tenant's group into its users' tokens."""
_VERSION_2 = 2
_GRAPH = "https://graph.microsoft.com/v1.0"
_NOT_ALLOWED = "Authorization_RequestDenied"
"""What Graph answers a caller who may not assign (it takes AppRoleAssignment.ReadWrite.All or a directory role)."""


@dataclass(frozen=True, kw_only=True)
class AppRegistrationArgs:
    """What the registration is made of."""

    display_name: str
    """What people see when they sign in."""
    owners: Sequence[Input[str]]
    """Object ids of who may change it, the one that runs `pulumi up` among them."""
    tenants: Mapping[str, Input[str]]
    """Name within the stack -> object id of each principal that may use the gateway."""
    clients: Sequence[str] = ()
    """Client ids of applications that may ask for a user's token without consent."""
    assignment_required: bool = True
    """Whether Entra issues tokens to those alone who are assigned, by themselves or through a group."""
    assign_tenants: bool = True
    """Whether the tenants are assigned by the program; if not, it prints how an administrator does that."""
    retry: pulumi.ResourceHookBinding | None = None
    """What says what to do when the directory refuses: `propagation.retry_lagging`."""


class AppRegistration(pulumi.ComponentResource):
    """An application without a secret, a certificate or a redirect: it only names an audience.

    Its tokens are version 2.0: the audience is the bare client id. Groups stand in them as far as they are assigned to
    the application, so that a person in hundreds of groups does not lose them (fact sheet pulumi-azure, 3.3, 3.4).
    """

    client_id: Output[str]
    """The audience of the gateway's tokens."""

    def __init__(self, name: str, args: AppRegistrationArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("digital-twins-rbac:index:AppRegistration", name, None, opts)
        scope_id = registration_guid("scope", args.display_name, SCOPE)
        application = self._create_application(name, args, scope_id)
        uri = azuread.ApplicationIdentifierUri(
            f"{name}-uri",
            application_id=application.id,
            identifier_uri=Output.concat("api://", application.client_id),
            opts=ResourceOptions(parent=self, hooks=args.retry),
        )
        principal = azuread.ServicePrincipal(
            f"{name}-principal",
            client_id=application.client_id,
            app_role_assignment_required=args.assignment_required,
            owners=list(args.owners) or None,
            opts=ResourceOptions(parent=self, depends_on=[uri], hooks=args.retry),
        )
        if args.assign_tenants:
            self._assign_tenants(name, args, principal)
        else:
            self._tell_how_to_assign(args, principal)
        for client_id in args.clients:
            azuread.ApplicationPreAuthorized(
                f"{name}-client-{client_id}",
                application_id=application.id,
                authorized_client_id=client_id,
                permission_ids=[scope_id],
                opts=ResourceOptions(parent=self),
            )
        self.client_id = application.client_id
        self.register_outputs({"client_id": self.client_id})

    def _assign_tenants(self, name: str, args: AppRegistrationArgs, principal: azuread.ServicePrincipal) -> None:
        on_error = [pulumi.ErrorHook(f"{name}-assignment", explain_refusal)]
        for key, principal_id in args.tenants.items():
            azuread.AppRoleAssignment(
                f"{name}-{key}",
                app_role_id=principal.app_role_ids[APP_ROLE],
                principal_object_id=principal_id,
                resource_object_id=principal.object_id,
                opts=ResourceOptions(parent=self, hooks=pulumi.ResourceHookBinding(on_error=on_error)),
            )

    def _tell_how_to_assign(self, args: AppRegistrationArgs, principal: azuread.ServicePrincipal) -> None:
        def tell(ids: Mapping[str, str]) -> None:
            commands = [
                assignment_command(tenant, ids["resource"], ids["role"]) for tenant in json.loads(ids["tenants"])
            ]
            text = "an administrator of the directory assigns the tenants, unless that is done already:"
            pulumi.log.warn("\n  ".join([text, *commands]), resource=self)

        Output.all(
            resource=principal.object_id,
            role=principal.app_role_ids[APP_ROLE],
            tenants=Output.json_dumps(list(args.tenants.values())),
        ).apply(tell)

    def _create_application(self, name: str, args: AppRegistrationArgs, scope_id: str) -> azuread.Application:
        return azuread.Application(
            name,
            display_name=args.display_name,
            owners=list(args.owners) or None,
            sign_in_audience="AzureADMyOrg",
            group_membership_claims=["ApplicationGroup"],
            api=azuread.ApplicationApiArgs(
                requested_access_token_version=_VERSION_2,
                oauth2_permission_scopes=[
                    azuread.ApplicationApiOauth2PermissionScopeArgs(
                        id=scope_id,
                        value=SCOPE,
                        type="User",
                        enabled=True,
                        admin_consent_display_name="Read digital twins",
                        admin_consent_description="Reads, for the signed-in user, the digital twins of its roles.",
                        user_consent_display_name="Read digital twins",
                        user_consent_description="Reads, for you, the digital twins of your roles.",
                    )
                ],
            ),
            app_roles=[
                azuread.ApplicationAppRoleArgs(
                    id=registration_guid("app role", args.display_name, APP_ROLE),
                    value=APP_ROLE,
                    display_name=APP_ROLE,
                    description="Reads the digital twins of the roles that it holds.",
                    allowed_member_types=["User", "Application"],
                    enabled=True,
                )
            ],
            # ApplicationIdentifierUri sets it: the client id stands in it, which is known only afterwards.
            opts=ResourceOptions(parent=self, ignore_changes=["identifierUris"], hooks=args.retry),
        )


def assignment_command(principal_id: str, resource_id: str, app_role_id: str) -> str:
    """The command that assigns a principal to the application of a service principal, with one of its roles."""
    body = {"principalId": principal_id, "resourceId": resource_id, "appRoleId": app_role_id}
    uri = f"{_GRAPH}/servicePrincipals/{resource_id}/appRoleAssignedTo"
    return f"az rest --method POST --uri {uri} --body '{json.dumps(body)}'"


def explain_refusal(args: pulumi.ErrorHookArgs) -> bool:
    """Says, when the deployer may not assign a tenant, who does it instead and how; it is not tried again."""
    if args.failed_operation == "create" and args.new_inputs and _NOT_ALLOWED in args.errors[0]:
        inputs = args.new_inputs
        ids = (str(inputs[key]) for key in ("principalObjectId", "resourceObjectId", "appRoleId"))
        pulumi.log.warn(
            f"{args.name}: you may not assign principals to the application; let an administrator of the directory run"
            f"\n  {assignment_command(*ids)}\n"
            "and set gateway.assignTenants to false, so that the program leaves the assignments alone"
        )
    return False
