from dataclasses import replace
from typing import Any

import pytest

from policy_pack.rules import UNKNOWN, Resource
from tests.policy_pack.conftest import broken, findings, resource, stack_of

APP = resource("azure-native:web:WebApp", "app", name="func-one", httpsOnly=True)
CLOSED = {
    "requireAuthentication": True,
    "unauthenticatedClientAction": "Return401",
    "excludedPaths": ["/healthz"],
}


def sign_in(name: Any = "func-one", enabled: Any = True, **validation: Any) -> Resource:  # noqa: FBT002  # of Azure
    return resource(
        "azure-native:web:WebAppAuthSettingsV2",
        "sign-in",
        name=name,
        platform={"enabled": enabled},
        globalValidation={**CLOSED, **validation},
    )


def passwords(kind: str, *, allow: Any = False) -> Resource:
    return resource(f"azure-native:web:WebApp{kind}Allowed", kind, name="func-one", allow=allow)


NO_PASSWORDS = (passwords("Ftp"), passwords("Scm"))


def test_a_closed_app_breaks_no_rule() -> None:
    for rule in ("sign-in-required", "sign-in-complete"):
        assert broken(rule, APP, sign_in(), *NO_PASSWORDS) == []


def test_settings_taken_out_are_refused_one_by_one() -> None:
    said = findings("sign-in-required", stack_of(APP))

    assert [name for name, _ in said] == ["app", "app", "app"]
    assert "no WebAppAuthSettingsV2 of the stack belongs to it" in said[0][1]
    assert "FTP" in said[1][1]
    assert "publishing" in said[2][1]


def test_settings_count_for_the_app_that_they_name_or_refer_to() -> None:
    referring = replace(sign_in(UNKNOWN), refers={"name": frozenset({APP.urn})})

    assert broken("sign-in-required", APP, sign_in("func-two"), *NO_PASSWORDS) == ["app"]
    assert broken("sign-in-required", APP, referring, *NO_PASSWORDS) == []


def test_settings_of_an_app_that_nobody_knows_excuse_no_other() -> None:
    of_another = replace(sign_in(UNKNOWN), refers={"name": frozenset({"urn:pulumi:local::p::t::another"})})
    nameless = replace(APP, props={"httpsOnly": True, "name": UNKNOWN})

    assert broken("sign-in-required", APP, of_another, *NO_PASSWORDS) == ["app"]
    assert broken("sign-in-required", APP, sign_in(UNKNOWN), *NO_PASSWORDS) == ["app"]
    assert broken("sign-in-required", nameless, of_another)[:1] == ["app"]


@pytest.mark.parametrize(
    ("props", "fine"),
    [
        ({"enabled": False}, False),
        ({}, False),
        ({"enabled": True, "unauthenticatedClientAction": "AllowAnonymous"}, False),
        ({"enabled": True, "unauthenticatedClientAction": "RedirectToLoginPage"}, True),
        ({"enabled": UNKNOWN}, True),
    ],
)
def test_the_older_settings_do_not_turn_it_off(props: dict[str, Any], *, fine: bool) -> None:
    older = resource("azure-native:web:WebAppAuthSettings", "older", name="func-one", **props)

    assert broken("sign-in-complete", older) == ([] if fine else ["older"])


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (sign_in(enabled=False), "platform.enabled must be true"),
        (sign_in(requireAuthentication=False), "globalValidation.requireAuthentication must be true"),
        (sign_in(requireAuthentication=None), "globalValidation.requireAuthentication must be true"),
        (sign_in(unauthenticatedClientAction="AllowAnonymous"), "unauthenticatedClientAction must be Return401"),
        (sign_in(unauthenticatedClientAction="RedirectToLoginPage"), "unauthenticatedClientAction must be Return401"),
        (sign_in(excludedPaths=["/healthz", "/query"]), "/query answers without a token"),
        (passwords("Ftp", allow=True), "password may be used for FTP"),
        (passwords("Scm", allow=None), "password may be used for publishing"),
        (resource("azure-native:web:WebApp", "app", name="a"), "plain HTTP"),
    ],
)
def test_a_setting_that_lets_somebody_in_is_named(settings: Resource, says: str) -> None:
    ((_, sentence),) = findings("sign-in-complete", stack_of(settings))

    assert says in sentence


def test_settings_that_a_preview_does_not_know_pass() -> None:
    unknown = sign_in(enabled=UNKNOWN, requireAuthentication=UNKNOWN, unauthenticatedClientAction=UNKNOWN)

    assert broken("sign-in-complete", unknown, sign_in(excludedPaths=UNKNOWN), passwords("Ftp", allow=UNKNOWN)) == []
