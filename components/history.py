"""Keeps every change of the graph in an Azure Data Explorer database that there is already (data history)."""

from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_azure_native import digitaltwins, kusto

from .instance_grants import InstanceGrant, grant_to_instance, require_identity
from .naming import short_hash
from .resource_ids import DATABASE, EVENT_HUB, ResourceId, parse_resource_id, service_bus_address

CONNECTION_NAME = "history"
"""The connection's name; an instance has one at most."""
PROPERTY_TABLE = "AdtPropertyEvents"
TWIN_TABLE = "AdtTwinLifecycleEvents"
RELATIONSHIP_TABLE = "AdtRelationshipLifecycleEvents"


@dataclass(frozen=True, kw_only=True)
class HistoryArgs:
    """What a data history connection is made of.

    The ids are plain text, so that a wrong one is refused before anything is made.
    """

    resource_group_name: Input[str]
    """The instance's resource group."""
    instance_name: Input[str]
    """The instance's name."""
    instance_principal_id: Input[str]
    """The object id of the instance's system-assigned identity."""
    tenant_id: Input[str]
    """The directory of that identity."""
    database_id: str
    """The resource id of an Azure Data Explorer database; not of its cluster."""
    endpoint_uri: Input[str]
    """The cluster's address, such as https://history.westeurope.kusto.windows.net."""
    event_hub_id: str
    """The resource id of the event hub that the events pass; not of its namespace."""
    event_hub_uri: str | None = None
    """The namespace's address; public Azure's when left out."""
    consumer_group: str = "$Default"
    """The consumer group that Azure Data Explorer reads the hub by; nothing else may read by it."""
    retry: pulumi.ResourceHookBinding | None = None
    """What tries again while Azure does not know a new principal or role yet: `propagation.retry_lagging`."""


class History(pulumi.ComponentResource):
    """A data history connection, with the three rights that the instance needs before it (pulumi-azure, 1.3).

    All three tables are kept: the service makes those of twins and relationships only when they are named, and what
    happened before that is lost. The tables and what stands in them outlive the connection.
    """

    resources: list[pulumi.Resource]
    """The connection."""

    def __init__(self, name: str, args: HistoryArgs, opts: ResourceOptions | None = None) -> None:
        database = parse_resource_id(args.database_id, DATABASE)
        hub = parse_resource_id(args.event_hub_id, EVENT_HUB)
        super().__init__("digital-twins-rbac:index:History", name, None, opts)
        principal_id = require_identity(args.instance_principal_id)
        granted = [
            assignment
            for grant in _list_grants(database, hub)
            for assignment in grant_to_instance(name, grant, principal_id, retry=args.retry, parent=self)
        ]
        admin = self._create_database_admin(f"{name}-database-admin", args, database, principal_id)
        self.resources = [self._create_connection(name, args, database, hub, [*granted, admin])]
        self.register_outputs({})

    def _create_database_admin(
        self, name: str, args: HistoryArgs, database: ResourceId, principal_id: Output[str]
    ) -> kusto.DatabasePrincipalAssignment:
        cluster_name, database_name = database.names
        instance = Output.all(args.resource_group_name, args.instance_name)
        return kusto.DatabasePrincipalAssignment(
            name,
            resource_group_name=database.resource_group_name,
            cluster_name=cluster_name,
            database_name=database_name,
            # The database may serve instances of several stacks, each with a name of its own.
            principal_assignment_name=instance.apply(lambda names: f"adt-{short_hash(*map(str.lower, names))}"),
            principal_id=principal_id,
            principal_type=kusto.PrincipalType.APP,
            role=kusto.DatabasePrincipalRole.ADMIN,
            tenant_id=args.tenant_id,
            # A new identity under the old name: another principal, and not a change of this one.
            opts=ResourceOptions(
                parent=self,
                replace_on_changes=["principalId", "tenantId"],
                delete_before_replace=True,
                hooks=args.retry,
            ),
        )

    def _create_connection(
        self, name: str, args: HistoryArgs, database: ResourceId, hub: ResourceId, granted: list[pulumi.Resource]
    ) -> digitaltwins.TimeSeriesDatabaseConnection:
        return digitaltwins.TimeSeriesDatabaseConnection(
            name,
            resource_group_name=args.resource_group_name,
            resource_name_=args.instance_name,
            time_series_database_connection_name=CONNECTION_NAME,
            properties=digitaltwins.AzureDataExplorerConnectionPropertiesArgs(
                connection_type=digitaltwins.ConnectionType.AZURE_DATA_EXPLORER.value,
                adx_resource_id=database.parent,
                adx_endpoint_uri=args.endpoint_uri,
                adx_database_name=database.name,
                adx_table_name=PROPERTY_TABLE,
                adx_twin_lifecycle_events_table_name=TWIN_TABLE,
                adx_relationship_lifecycle_events_table_name=RELATIONSHIP_TABLE,
                event_hub_namespace_resource_id=hub.parent,
                event_hub_endpoint_uri=args.event_hub_uri or service_bus_address(hub.names[0]),
                event_hub_entity_path=hub.name,
                event_hub_consumer_group=args.consumer_group,
                identity=digitaltwins.ManagedIdentityReferenceArgs(type=digitaltwins.IdentityType.SYSTEM_ASSIGNED),
            ),
            # A connection has no update of its own: another table or database is another connection.
            opts=ResourceOptions(
                parent=self,
                depends_on=granted,
                replace_on_changes=["properties"],
                delete_before_replace=True,
                hooks=args.retry,
            ),
        )


def _list_grants(database: ResourceId, hub: ResourceId) -> list[InstanceGrant]:
    return [
        InstanceGrant(
            role="Azure Event Hubs Data Owner",
            scope=hub,
            reason="Lets the Azure Digital Twins instance send its history, and name what reads it.",
        ),
        InstanceGrant(
            role="Contributor",
            scope=database,
            reason="Lets the Azure Digital Twins instance make the history's tables and data connections.",
        ),
    ]
