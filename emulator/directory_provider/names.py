"""Pulumi's names as Graph's, and back: most are the same."""

from collections.abc import Mapping
from typing import Any

from emulator.resource_manager.schema import Shape

_GRAPH_NAMES = {
    "accessTokenIssuanceEnabled": "enableAccessTokenIssuance",
    "accessTokens": "accessToken",
    "enabled": "isEnabled",
    "homepageUrl": "homePageUrl",
    "idTokenIssuanceEnabled": "enableIdTokenIssuance",
    "idTokens": "idToken",
    "implicitGrant": "implicitGrantSettings",
    "mappedClaimsEnabled": "acceptMappedClaims",
    "requiredResourceAccesses": "requiredResourceAccess",
    "resourceAccesses": "resourceAccess",
    "saml2Tokens": "saml2Token",
    "singlePageApplication": "spa",
}


def to_graph(value: Any, shape: Shape) -> Any:
    """A value as Graph takes it; what an object leaves out is sent as null, so that a PATCH takes it away."""
    if shape.type == "object" and isinstance(value, Mapping):
        items = ((name, to_graph(value.get(name), inner)) for name, inner in shape.properties.items())
        return {_GRAPH_NAMES.get(name, name): item for name, item in items}
    if shape.type == "array" and shape.items is not None and isinstance(value, list):
        return [to_graph(item, shape.items) for item in value]
    return value


def from_graph(value: Any, shape: Shape) -> Any:
    """What Graph answered as Pulumi has it: the properties of the shape, without nulls."""
    if shape.type == "object" and isinstance(value, Mapping):
        items = (
            (name, from_graph(value.get(_GRAPH_NAMES.get(name, name)), inner))
            for name, inner in shape.properties.items()
        )
        return {name: item for name, item in items if item is not None}
    if shape.type == "array" and shape.items is not None and isinstance(value, list):
        return [from_graph(item, shape.items) for item in value]
    return value


def graph_name(name: str) -> str:
    """Graph's name of an input."""
    return _GRAPH_NAMES.get(name, name)
