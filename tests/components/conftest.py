"""Builds a program under Pulumi's mocks, in a way that cannot forget to wait for it."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pulumi
import pytest

from tests.components.scenario import (
    CLIENT,
    IDENTITY,
    REGISTRATION,
    SUBSCRIPTION,
    TENANT,
    Remembered,
    in_pulumis_loop,
)

NAMES = {
    "azure-native:resources:ResourceGroup": "resourceGroupName",
    "azure-native:digitaltwins:DigitalTwin": "resourceName",
    "azure-native:storage:StorageAccount": "accountName",
    "azure-native:storage:BlobContainer": "containerName",
    "azure-native:network:PrivateEndpoint": "privateEndpointName",
    "azure-native:network:VirtualNetwork": "virtualNetworkName",
    "azure-native:privatedns:PrivateZone": "privateZoneName",
}
"""Type -> the input that becomes its output `name`."""
ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "azure-native:digitaltwins:DigitalTwin": {
        "hostName": "adt.api.weu.digitaltwins.azure.net",
        "identity": {"type": "SystemAssigned", "principalId": "instance-principal", "tenantId": TENANT},
    },
    "azure-native:managedidentity:UserAssignedIdentity": {
        "clientId": CLIENT,
        "principalId": IDENTITY,
        "tenantId": TENANT,
    },
    "azure-native:storage:StorageAccount": {
        "primaryEndpoints": {
            "blob": "https://stlocal.blob.core.windows.net/",
            "queue": "https://stlocal.queue.core.windows.net/",
            "table": "https://stlocal.table.core.windows.net/",
            "dfs": "https://stlocal.dfs.core.windows.net/",
            "file": "https://stlocal.file.core.windows.net/",
            "web": "https://stlocal.z6.web.core.windows.net/",
        }
    },
    "azure-native:applicationinsights:Component": {"connectionString": "InstrumentationKey=an-address"},
    "azure-native:web:WebApp": {
        "defaultHostName": "func-local.azurewebsites.net",
        "hostNameSslStates": [
            {"name": "func-local.azurewebsites.net", "hostType": "Standard"},
            {"name": "func-local.scm.azurewebsites.net", "hostType": "Repository"},
        ],
    },
    "azuread:index/application:Application": {"clientId": REGISTRATION, "objectId": "application-object"},
    "azuread:index/servicePrincipal:ServicePrincipal": {
        "objectId": "service-principal-object",
        "appRoleIds": {"Twins.Read": "app-role-id"},
    },
}
"""Type -> what the service alone knows."""


@dataclass(frozen=True)
class Created:
    type: str
    name: str
    inputs: Mapping[str, Any]
    custom: bool


@dataclass
class Recorder(pulumi.runtime.Mocks):
    """Answers like azure-native, as far as our components look, and remembers what was registered."""

    preview: bool
    created: list[Created] = field(default_factory=list)
    read: list[str] = field(default_factory=list)

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.resource_id:
            # Read and not made: a preview knows it, too.
            self.read.append(args.resource_id)
            return args.resource_id, dict(ANSWERS.get(args.typ, {}))
        self.created.append(Created(args.typ, args.name, args.inputs, custom=bool(args.custom)))
        outputs = dict(args.inputs)
        if args.typ in NAMES:
            outputs["name"] = args.inputs[NAMES[args.typ]]
        if self.preview:
            # azure-native knows nothing of an identity before it is made.
            outputs.pop("identity", None)
            return "", outputs
        if "userAssignedIdentities" in outputs.get("identity", {}):
            # On input a list of ids, in an answer a mapping.
            outputs["identity"] = {**outputs["identity"], "userAssignedIdentities": {}}
        return self._id(args), {**outputs, **ANSWERS.get(args.typ, {})}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        assert args.token == "azure-native:authorization:getClientConfig"
        return {"subscriptionId": SUBSCRIPTION, "tenantId": TENANT, "clientId": "c", "objectId": "o"}, []

    def _id(self, args: pulumi.runtime.MockResourceArgs) -> str:
        group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups"
        match args.typ:
            case "azure-native:resources:ResourceGroup":
                return f"{group}/{args.inputs['resourceGroupName']}"
            case "azure-native:digitaltwins:DigitalTwin":
                provider = "providers/Microsoft.DigitalTwins/digitalTwinsInstances"
                return f"{group}/{args.inputs['resourceGroupName']}/{provider}/{args.inputs['resourceName']}"
            case "azure-native:network:VirtualNetwork":
                provider = "providers/Microsoft.Network/virtualNetworks"
                return f"{group}/{args.inputs['resourceGroupName']}/{provider}/{args.inputs['virtualNetworkName']}"
            case "azure-native:network:Subnet":
                network = f"providers/Microsoft.Network/virtualNetworks/{args.inputs['virtualNetworkName']}"
                return f"{group}/{args.inputs['resourceGroupName']}/{network}/subnets/{args.inputs['subnetName']}"
            case "azure-native:authorization:RoleDefinition":
                provider = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
                return f"{provider}/{args.inputs['roleDefinitionId']}"
            case _:
                return f"{args.name}-id"


class OptionsMonitor(pulumi.runtime.mocks.MockMonitor):
    """Remembers the options of each resource, which the mocks themselves are not told."""

    def __init__(self, mocks: pulumi.runtime.Mocks) -> None:
        super().__init__(mocks)
        self.requests: dict[str, Any] = {}

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  # the engine's name of the call
        self.requests[request.name] = request
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]  # Pulumi's mocks have no types


@dataclass(frozen=True)
class Built:
    """What a program registered."""

    created: list[Created]
    requests: Mapping[str, Any]
    """Logical name -> the request, with the resource's options."""
    outputs: Mapping[str, Any]
    read: list[str]
    """The ids of resources that it reads and does not manage."""

    def of_type(self, type_: str) -> list[Created]:
        return [item for item in self.created if item.type == type_]

    def one(self, type_: str) -> Created:
        (item,) = self.of_type(type_)
        return item

    def named(self, name: str) -> Created:
        (item,) = [item for item in self.created if item.name == name and item.custom]
        return item


Build = Callable[..., Built]


_REMEMBERED: dict[str, tuple[Built, dict[str, Any]]] = {}
"""What programs declared, by their key, mode, config and folder: a whole one takes half a second each time."""


def build_program(
    program: Callable[[], object], *, preview: bool = False, config: Mapping[str, object] | None = None
) -> Built:
    """Runs the program to its end, unless it is one that was run so before."""
    if not isinstance(program, Remembered):
        return _run_to_its_end(program, preview=preview, config=config)
    key = json.dumps([program.key, preview, config, str(Path.cwd())], sort_keys=True)
    if key not in _REMEMBERED:
        _REMEMBERED[key] = _run_to_its_end(program, preview=preview, config=config), dict(program.exports)
    built, exports = _REMEMBERED[key]
    program.exports.update(exports)
    return built


def _run_to_its_end(program: Callable[[], object], *, preview: bool, config: Mapping[str, object] | None) -> Built:
    """Runs the program to its end: every registration, every apply, returned or not.

    An assertion inside an apply that nobody waits for would pass unseen; the runner of Pulumi's own test decorator
    waits for all of them, and `tests/components/test_building.py` proves it.
    """
    recorder = Recorder(preview)
    monitor = OptionsMonitor(recorder)
    pulumi.runtime.set_mocks(recorder, project="digital-twins-rbac", stack="local", preview=preview, monitor=monitor)
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in (config or {}).items()}
    pulumi.runtime.set_all_config(texts)
    outputs: dict[str, Any] = {}

    @pulumi.runtime.test  # type: ignore[untyped-decorator]  # Pulumi's decorator has no types
    def run() -> None:
        result = program()
        exported = result if isinstance(result, dict) else {}
        for name, value in exported.items():
            pulumi.Output.from_input(value).apply(partial(outputs.__setitem__, name))

    run()
    _refuse_stringified_outputs(recorder.created)
    keys = [(item.type, item.name) for item in recorder.created]
    assert len(keys) == len(set(keys)), "two resources with one URN: the engine would refuse the program"
    return Built(recorder.created, monitor.requests, outputs, recorder.read)


def _refuse_stringified_outputs(created: list[Created]) -> None:
    # An f-string of an Output is no error in Pulumi: the text of a warning becomes the name.
    for item in created:
        assert "Calling __str__ on an Output" not in json.dumps(item.inputs, default=str), item.name


@pytest.fixture
def build() -> Iterator[Build]:
    with in_pulumis_loop():
        yield build_program


@pytest.fixture(params=[False, True], ids=["up", "preview"])
def build_in_both_modes(request: pytest.FixtureRequest, build: Build) -> Build:
    def build_so(program: Callable[[], object], **options: Any) -> Any:
        return build(program, preview=request.param, **options)

    return build_so
