from collections.abc import Iterator

import pytest

from emulator.clock import Clock
from emulator.data_plane_access import DataPlaneAccess
from emulator.digital_twins.errors import Forbidden, SubDomainNotFound, Unauthorized
from emulator.entra.directory import Directory, Principal
from emulator.entra.tokens import TokenIssuer
from emulator.storage import Storage

TENANT = "8f14e45f-ceea-467f-a9d2-4b5b1e0c7a01"
EARTH = Principal(name="earth", object_id="0f3c0000-0000-4000-8000-000000000011", type="User")
READ = "Microsoft.DigitalTwins/digitaltwins/read"
SCOPE = "/subscriptions/S/resourceGroups/rg/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt-1"
APP_ID = "0b07f429-9f4b-4714-9392-cc5e8e80c8b0"


class ReadersOnly:
    """Lets Earth read at the instance, and nobody do anything else."""

    def allows_data(self, object_id: str, data_action: str, scope: str) -> bool:
        return (object_id, data_action, scope) == (EARTH.object_id, READ, SCOPE)


@pytest.fixture(scope="module")
def issuer() -> Iterator[TokenIssuer]:
    directory = Directory(tenant_id=TENANT, subscription_id="S", principals=(EARTH,))
    storage = Storage()
    yield TokenIssuer(storage, Clock(), directory, "https://localhost:1")
    storage.close()


@pytest.fixture
def access(issuer: TokenIssuer) -> DataPlaneAccess:
    return DataPlaneAccess(issuer, ReadersOnly(), tenant_id=TENANT, scope=SCOPE)


@pytest.mark.parametrize("audience", ["https://digitaltwins.azure.net", "https://digitaltwins.azure.net/", APP_ID])
def test_a_token_for_any_name_of_the_service_is_judged_by_role(
    audience: str, access: DataPlaneAccess, issuer: TokenIssuer
) -> None:
    header = f"Bearer {issuer.issue(EARTH, audience)}"

    access.authorize(header, READ)

    with pytest.raises(Forbidden, match="403"):
        access.authorize(header, "Microsoft.DigitalTwins/digitaltwins/write")


@pytest.mark.parametrize("audience", ["https://management.azure.com/", "https://digitaltwins.azure.net.example", ""])
def test_a_token_for_another_service_is_none(audience: str, access: DataPlaneAccess, issuer: TokenIssuer) -> None:
    with pytest.raises(Unauthorized):
        access.authorize(f"Bearer {issuer.issue(EARTH, audience)}", READ)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer x.y.z", "Basic ZWFydGg6"])
def test_without_a_token_nothing_is_allowed(header: str | None, access: DataPlaneAccess) -> None:
    with pytest.raises(Unauthorized):
        access.authorize(header, READ)


def test_a_token_of_another_tenant_finds_no_instance_whatever_its_owner_may_do(
    access: DataPlaneAccess, issuer: TokenIssuer
) -> None:
    token = issuer.issue(EARTH, APP_ID, tid="11111111-2222-4333-8444-555555555555")

    with pytest.raises(SubDomainNotFound):
        access.authorize(f"Bearer {token}", READ)
