"""What a stack's config may say about the gateway."""

from typing import Self

from pydantic import field_validator, model_validator

from .config_values import ActionGroupId, AddressRange, ApplicationId, Section, check_guid


class GatewayConfig(Section):
    """Settings of the gateway."""

    create_registration: bool = True
    """Whether the program makes the app registration that the gateway's tokens are for."""
    client_id: str | None = None
    """The client id of an app registration that there is already; none is made then."""
    clients: tuple[ApplicationId, ...] = ()
    """Client ids of applications that may ask for the gateway's tokens without anybody's consent."""
    assignment_required: bool = True
    """Whether Entra gives a token to nobody but the tenants; off, a stranger gets one, and sees no twin."""
    assign_tenants: bool = True
    """Whether the program assigns the tenants to the registration; off, it prints how an administrator does."""
    allowed_addresses: tuple[AddressRange, ...] | None = None
    """Who may reach the app from outside a network; nobody when empty or left out."""
    private_endpoint: bool | None = None
    """Whether the app is reached from inside a network; the profile's choice when left out."""
    zone_redundant: bool | None = None
    """Whether it goes on when one of the region's zones is down; the profile's choice when left out."""
    alerts: bool | None = None
    """Whether many refusals or errors raise an alert; the profile's choice when left out."""
    alert_action_groups: tuple[ActionGroupId, ...] = ()
    """The ids of the action groups that an alert tells."""

    @field_validator("client_id", mode="before")
    @classmethod
    def _is_a_guid(cls, value: object) -> str | None:
        return None if value is None else check_guid(value, "the client id of an app registration")

    @field_validator("clients")
    @classmethod
    def _are_distinct(cls, clients: tuple[str, ...]) -> tuple[str, ...]:
        for client in clients:
            if clients.count(client) > 1:
                raise ValueError(f"{client} stands there twice; list each client once")
        return clients

    @model_validator(mode="after")
    def _has_one_registration(self) -> Self:
        if self.client_id is None and not self.create_registration:
            raise ValueError("createRegistration is false: give clientId, the registration that there is already")
        if self.client_id is not None and self.clients:
            raise ValueError(
                f"clients has no effect on the registration {self.client_id}, which is not the program's: leave "
                "clients out, and set them on that registration (api.preAuthorizedApplications)"
            )
        return self
