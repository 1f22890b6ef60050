"""Azure's own roles, as far as this package assigns them."""

from collections.abc import Mapping

BUILT_IN_ROLES: Mapping[str, str] = {
    "Azure Digital Twins Data Owner": "bcd981a7-7f74-457b-83e1-cceb9e632ffe",
    "Azure Digital Twins Data Reader": "d57506d4-4c8d-48b1-8587-93c323f6a5a3",
    "Azure Event Hubs Data Owner": "f526a384-b230-433a-b45c-95f59c4a2dec",
    "Azure Event Hubs Data Sender": "2b629674-e913-4c01-ae53-ef4638d8f975",
    "Azure Service Bus Data Sender": "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39",
    "Contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "Monitoring Metrics Publisher": "3913510d-42f4-4e42-8a64-420c390055eb",
    "Reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "Storage Blob Data Owner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
}
"""Name -> id, as Azure calls them now (fact sheets adt-rbac 3 and pulumi-azure 1.2, 1.3, 2.3 and 4.2)."""

_FORMER_NAMES: Mapping[str, str] = {
    "Azure Digital Twins Owner (Preview)": "Azure Digital Twins Data Owner",
    "Azure Digital Twins Reader (Preview)": "Azure Digital Twins Data Reader",
}
"""What guides from the service's preview still say -> what the same role is called now."""


def built_in_role_id(subscription_id: str, role_name: str) -> str:
    """The role definition id of a built-in role, in the form that Azure itself answers with.

    Raises:
        ValueError: the name is none of `BUILT_IN_ROLES`; a name of the service's preview is told with today's.
    """
    if role_name in _FORMER_NAMES:
        raise ValueError(f"the built-in role {role_name!r} is now called {_FORMER_NAMES[role_name]!r}")
    if role_name not in BUILT_IN_ROLES:
        raise ValueError(f"unknown built-in role {role_name!r}; there are: {', '.join(BUILT_IN_ROLES)}")
    guid = BUILT_IN_ROLES[role_name]
    return f"/subscriptions/{subscription_id}/providers/Microsoft.Authorization/roleDefinitions/{guid}"
