"""The rules of the policy pack: plain functions over what a program declares, without Pulumi."""

from .diagnostics import check_diagnostics_present
from .exposure import check_no_public_access_in_prod
from .keys import check_no_keys
from .resource import UNKNOWN, Resource, Stack
from .roles import (
    check_assignments_explicit,
    check_markers_allow_nothing,
    check_names_deterministic,
    check_no_data_owner_for_an_app,
    check_no_data_role_above_the_group,
    check_no_data_role_for_a_tenant,
    check_query_only_for_known_roles,
)
from .rule import Rule
from .sign_in import check_sign_in_complete, check_sign_in_required

__all__ = ["RULES", "UNKNOWN", "Resource", "Rule", "Stack"]

RULES = (
    Rule(
        name="no-public-access-in-prod",
        sentence="In production no call from the internet reaches the instance, and none from everywhere the gateway.",
        check=check_no_public_access_in_prod,
        needs_all=True,
        settings={"profile": {"type": "string", "enum": ["dev", "prod"]}},
    ),
    Rule(
        name="no-data-owner-for-an-app",
        sentence="No app is Azure Digital Twins Data Owner.",
        check=check_no_data_owner_for_an_app,
    ),
    Rule(
        name="no-keys",
        sentence="Nothing authenticates with a key, a shared access signature, a password or a connection string.",
        check=check_no_keys,
    ),
    Rule(
        name="no-data-role-above-the-group",
        sentence="Rights on twins are given at the resource group or below it.",
        check=check_no_data_role_above_the_group,
        needs_all=True,
    ),
    Rule(
        name="query-only-for-known-roles",
        sentence="Only the roles of the gateway, the tagger and the drift reader may query the instance.",
        check=check_query_only_for_known_roles,
        settings={"roles": {"type": "array", "items": {"type": "string"}}},
    ),
    Rule(
        name="no-data-role-for-a-tenant",
        sentence="No tenant holds rights on the instance itself.",
        check=check_no_data_role_for_a_tenant,
        needs_all=True,
    ),
    Rule(
        name="markers-allow-nothing",
        sentence="A marker role is a label: no data action, and one harmless action.",
        check=check_markers_allow_nothing,
    ),
    Rule(
        name="names-deterministic",
        sentence="Role definitions and role assignments have the same names on every run.",
        check=check_names_deterministic,
    ),
    Rule(
        name="assignments-explicit",
        sentence="Every role assignment says what it gives, where and to what kind of principal, without a condition.",
        check=check_assignments_explicit,
        needs_all=True,
    ),
    Rule(
        name="sign-in-required",
        sentence="Every app has settings that refuse calls without a token, and passwords for its code.",
        check=check_sign_in_required,
        needs_all=True,
    ),
    Rule(
        name="sign-in-complete",
        sentence="The sign-in settings leave no way in without a token, and none over plain HTTP.",
        check=check_sign_in_complete,
    ),
    Rule(
        name="diagnostics-present",
        sentence="Every instance that the program makes sends its logs somewhere.",
        check=check_diagnostics_present,
        needs_all=True,
    ),
)
"""In the order in which the documentation lists them."""
