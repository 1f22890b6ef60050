"""How azure-native makes a body of a resource's inputs, and which of Microsoft's models that body is for.

Written by hand and read by these tests alone: the emulator, which understands the same bodies, has a table of its own,
so that a mistake in one is not a mistake in both.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from azure.mgmt.applicationinsights.v2020_02_02 import models as insights
from azure.mgmt.authorization.v2022_04_01 import models as assignments
from azure.mgmt.authorization.v2022_05_01_preview import models as definitions
from azure.mgmt.digitaltwins import models as digitaltwins
from azure.mgmt.kusto import models as kusto
from azure.mgmt.loganalytics import models as loganalytics
from azure.mgmt.monitor.v2018_03_01 import models as alerts
from azure.mgmt.monitor.v2021_05_01_preview import models as diagnostics
from azure.mgmt.msi.v2023_01_31 import models as identities
from azure.mgmt.network import models as network
from azure.mgmt.privatedns import models as privatedns
from azure.mgmt.resource.locks import models as locks
from azure.mgmt.resource.resources import models as resources
from azure.mgmt.storage import models as storage
from azure.mgmt.web import models as web

GROUP = "resourceGroupName"


@dataclass(frozen=True, kw_only=True)
class WireType:
    model: type[Any]
    version: str
    """The API version that azure-native speaks."""
    path: tuple[str, ...]
    """Inputs that stand in the address, and not in the body."""
    top: tuple[str, ...] = ()
    """Inputs that stand beside `properties`; all others stand in it."""
    located: bool = False
    """Whether azure-native gives it the location of the stack's config when the program names none."""
    wire_names: Mapping[str, str] = field(default_factory=dict)
    """Input -> its name on the wire, where the two differ."""
    beside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Input with `properties` of its own, or a list of such -> what stands beside them; all else stands in them."""
    inner_names: Mapping[str, str] = field(default_factory=dict)
    """Field of inputs' values, at any depth -> its name on the wire."""


WIRE_TYPES: Mapping[str, WireType] = {
    "azure-native:applicationinsights:Component": WireType(
        model=insights.ApplicationInsightsComponent,
        version="2020-02-02",
        path=(GROUP, "resourceName"),
        top=("kind", "location", "tags"),
        located=True,
        wire_names={
            "applicationType": "Application_Type",
            "disableLocalAuth": "DisableLocalAuth",
            "flowType": "Flow_Type",
            "ingestionMode": "IngestionMode",
            "requestSource": "Request_Source",
            "workspaceResourceId": "WorkspaceResourceId",
        },
    ),
    "azure-native:authorization:ManagementLockByScope": WireType(
        model=locks.ManagementLockObject, version="2020-05-01", path=("lockName", "scope")
    ),
    "azure-native:authorization:RoleAssignment": WireType(
        model=assignments.RoleAssignmentCreateParameters, version="2022-04-01", path=("roleAssignmentName", "scope")
    ),
    "azure-native:authorization:RoleDefinition": WireType(
        model=definitions.RoleDefinition,
        version="2022-05-01-preview",
        path=("roleDefinitionId", "scope"),
        wire_names={"roleType": "type"},
    ),
    "azure-native:digitaltwins:DigitalTwin": WireType(
        model=digitaltwins.DigitalTwinsDescription,
        version="2023-01-31",
        path=(GROUP, "resourceName"),
        top=("identity", "location", "tags"),
        located=True,
    ),
    "azure-native:digitaltwins:DigitalTwinsEndpoint": WireType(
        model=digitaltwins.DigitalTwinsEndpointResource,
        version="2023-01-31",
        path=(GROUP, "resourceName", "endpointName"),
        top=("properties",),
    ),
    "azure-native:digitaltwins:TimeSeriesDatabaseConnection": WireType(
        model=digitaltwins.TimeSeriesDatabaseConnection,
        version="2023-01-31",
        path=(GROUP, "resourceName", "timeSeriesDatabaseConnectionName"),
        top=("properties",),
    ),
    "azure-native:kusto:DatabasePrincipalAssignment": WireType(
        model=kusto.DatabasePrincipalAssignment,
        version="2024-04-13",
        path=(GROUP, "clusterName", "databaseName", "principalAssignmentName"),
    ),
    "azure-native:managedidentity:UserAssignedIdentity": WireType(
        model=identities.Identity,
        version="2023-01-31",
        path=(GROUP, "resourceName"),
        top=("location", "tags"),
        located=True,
    ),
    "azure-native:monitor:DiagnosticSetting": WireType(
        model=diagnostics.DiagnosticSettingsResource, version="2021-05-01-preview", path=("name", "resourceUri")
    ),
    "azure-native:monitor:MetricAlert": WireType(
        model=alerts.MetricAlertResource,
        version="2018-03-01",
        path=(GROUP, "ruleName"),
        top=("location", "tags"),
        located=True,
        inner_names={"odataType": "odata.type"},
    ),
    "azure-native:network:PrivateDnsZoneGroup": WireType(
        model=network.PrivateDnsZoneGroup,
        version="2024-05-01",
        path=(GROUP, "privateDnsZoneGroupName", "privateEndpointName"),
        top=("id", "name"),
        beside={"privateDnsZoneConfigs": ("name",)},
    ),
    "azure-native:network:PrivateEndpoint": WireType(
        model=network.PrivateEndpoint,
        version="2024-05-01",
        path=(GROUP, "privateEndpointName"),
        top=("extendedLocation", "id", "location", "tags"),
        located=True,
        beside={"privateLinkServiceConnections": ("id", "name"), "subnet": ("id", "name", "type")},
    ),
    "azure-native:network:Subnet": WireType(
        model=network.Subnet,
        version="2024-05-01",
        path=(GROUP, "subnetName", "virtualNetworkName"),
        top=("id", "name", "type"),
        beside={"delegations": ("id", "name", "type")},
    ),
    "azure-native:network:VirtualNetwork": WireType(
        model=network.VirtualNetwork,
        version="2024-05-01",
        path=(GROUP, "virtualNetworkName"),
        top=("extendedLocation", "id", "location", "tags"),
        located=True,
    ),
    "azure-native:operationalinsights:Workspace": WireType(
        model=loganalytics.Workspace,
        version="2023-09-01",
        path=(GROUP, "workspaceName"),
        top=("identity", "location", "tags"),
        located=True,
    ),
    "azure-native:privatedns:PrivateZone": WireType(
        model=privatedns.PrivateZone,
        version="2024-06-01",
        path=(GROUP, "privateZoneName"),
        top=("etag", "location", "tags"),
        located=True,
    ),
    "azure-native:privatedns:VirtualNetworkLink": WireType(
        model=privatedns.VirtualNetworkLink,
        version="2024-06-01",
        path=(GROUP, "privateZoneName", "virtualNetworkLinkName"),
        top=("etag", "location", "tags"),
        located=True,
    ),
    "azure-native:resources:ResourceGroup": WireType(
        model=resources.ResourceGroup,
        version="2024-03-01",
        path=(GROUP,),
        top=("location", "managedBy", "tags"),
        located=True,
    ),
    "azure-native:storage:BlobContainer": WireType(
        model=storage.BlobContainer, version="2024-01-01", path=(GROUP, "accountName", "containerName")
    ),
    "azure-native:storage:StorageAccount": WireType(
        model=storage.StorageAccountCreateParameters,
        version="2024-01-01",
        path=(GROUP, "accountName"),
        top=("extendedLocation", "identity", "kind", "location", "sku", "tags"),
        located=True,
        wire_names={"enableHttpsTrafficOnly": "supportsHttpsTrafficOnly", "networkRuleSet": "networkAcls"},
    ),
    "azure-native:web:AppServicePlan": WireType(
        model=web.AppServicePlan,
        version="2025-05-01",
        path=(GROUP, "name"),
        top=("extendedLocation", "identity", "kind", "location", "sku", "tags"),
        located=True,
    ),
    "azure-native:web:WebApp": WireType(
        model=web.Site,
        version="2025-05-01",
        path=(GROUP, "name"),
        top=("extendedLocation", "identity", "kind", "location", "tags"),
        located=True,
    ),
    "azure-native:web:WebAppAuthSettingsV2": WireType(
        model=web.SiteAuthSettingsV2, version="2021-02-01", path=(GROUP, "name"), top=("kind",)
    ),
    "azure-native:web:WebAppFtpAllowed": WireType(
        model=web.CsmPublishingCredentialsPoliciesEntity, version="2025-05-01", path=(GROUP, "name"), top=("kind",)
    ),
    "azure-native:web:WebAppScmAllowed": WireType(
        model=web.CsmPublishingCredentialsPoliciesEntity, version="2025-05-01", path=(GROUP, "name"), top=("kind",)
    ),
}

NEAREST: Mapping[str, str] = {
    # What the program sends was in 2022-10-01, too (the package's preview 13.0.0b7); new since then are replication,
    # failover and SecuredByPerimeter.
    "azure-native:operationalinsights:Workspace": "2025-07-01",
    # A group's body was the same three fields in 2024-07-01: location, managedBy, tags.
    "azure-native:resources:ResourceGroup": "2025-04-01",
    # 2021-02-01 is in azure-mgmt-web 5.0.0, which cannot be installed beside the release for 2025-05-01. What the
    # program sends was walked once against 5.0.0, too: its models allow it.
    "azure-native:web:WebAppAuthSettingsV2": "2025-05-01",
}
"""Types whose API version no package has that can be installed here -> the version of the model above."""


def wire_body(type_: str, inputs: Mapping[str, Any], location: str) -> dict[str, Any]:
    """The body that azure-native sends for these inputs.

    Raises:
        KeyError: an input that belongs to the address is missing, or the table lacks the type.
    """
    wire = WIRE_TYPES[type_]
    rest = {**({"location": location} if wire.located else {}), **inputs}
    for name in wire.path:
        del rest[name]
    body = {name: rest.pop(name) for name in wire.top if name in rest}
    if "userAssignedIdentities" in body.get("identity", {}):
        body["identity"] = _with_identities_as_mapping(body["identity"])
    properties = {wire.wire_names.get(name, name): _inner(wire, name, value) for name, value in rest.items()}
    return {**body, "properties": properties} if properties else body


def _inner(wire: WireType, name: str, value: object) -> object:
    if name in wire.beside:
        return _nested(value, wire.beside[name])
    return _renamed(value, wire.inner_names)


def _nested(value: Any, beside: tuple[str, ...]) -> object:
    if isinstance(value, list):
        return [_nested(item, beside) for item in value]
    inside = {name: item for name, item in value.items() if name not in beside}
    return {**{name: value[name] for name in beside if name in value}, **({"properties": inside} if inside else {})}


def _renamed(value: object, names: Mapping[str, str]) -> object:
    if isinstance(value, Mapping):
        return {names.get(name, name): _renamed(item, names) for name, item in value.items()}
    return [_renamed(item, names) for item in value] if isinstance(value, list) else value


def _with_identities_as_mapping(identity: Mapping[str, Any]) -> dict[str, Any]:
    return {**identity, "userAssignedIdentities": {item: {} for item in identity["userAssignedIdentities"]}}


def model_version(model: type[Any]) -> str:
    """The API version of the package that a model stands in: in its path, or what the package's client speaks.

    The client says it in its configuration; one whose calls are of different versions says it in each call.
    """
    package = model.__module__.partition(".models")[0]
    if named := re.search(r"\.v(\d{4}_\d\d_\d\d(_preview)?)$", package):
        return named[1].replace("_", "-")
    members = vars(import_module(f"{package}._configuration"))
    (configuration,) = [item for name, item in members.items() if name.endswith("Configuration")]
    made = configuration(credential=object(), subscription_id="of no account")
    return str(made.api_version) if hasattr(made, "api_version") else _version_of_call(package, model.__name__)


def _version_of_call(package: str, model: str) -> str:
    calls = Path(str(import_module(package).__file__)).parent / "operations" / "_operations.py"
    plural = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", model).lower() + "s"
    call = rf'def build_{plural}_create_or_update_request\(.*?_params\.pop\("api-version", "([^"]+)"\)'
    found = re.search(call, calls.read_text(), re.DOTALL)
    assert found is not None, f"{package} has no call that makes a {model}"
    return found[1]
