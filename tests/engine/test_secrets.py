"""What the stack leaves behind holds no secret."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.engine

# What a secret looks like: tokens, keys, SAS, connection strings, private keys.
SECRETS = {
    "token": re.compile(r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+\."),
    "bearer header": re.compile(r"Bearer [A-Za-z0-9]"),
    "shared access signature": re.compile(r"[?&]sig=|SharedAccessSignature|SharedAccessKey", re.IGNORECASE),
    "connection string": re.compile(r"AccountKey=|DefaultEndpointsProtocol=|InstrumentationKey=", re.IGNORECASE),
    "account key": re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{86}==(?![A-Za-z0-9+/=])"),
    "private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
}


def findings(text: str) -> set[str]:
    return {name for name, pattern in SECRETS.items() if pattern.search(text)}


def secrets_of(local: Path) -> set[str]:
    identities = json.loads((local / "identities.json").read_text())
    return {*identities.values(), (local / "control-token").read_text().strip()}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("eyJhbGciOiJSUzI1NiJ9.eyJvaWQiOiIxIn0.c2ln", "token"),
        ("Authorization: Bearer abc", "bearer header"),
        ("https://x.blob.core.windows.net/c/b?sv=1&sig=abc", "shared access signature"),
        ("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=b", "connection string"),
        ("A" * 86 + "==", "account key"),
        ("-----BEGIN RSA PRIVATE KEY-----", "private key"),
    ],
)
def test_the_scan_finds_each_kind_of_secret(text: str, name: str) -> None:
    assert name in findings(text)


# With local authentication off this one is an address; nothing else that looks like it may stand anywhere.
INSIGHTS = "azure-native:applicationinsights:Component"
INSIGHTS_SETTING = "APPLICATIONINSIGHTS_CONNECTION_STRING"


def without_the_address_of_insights(state: str) -> str:
    """The state's text without the one connection string that may stand in it, in the two places where it may."""
    resources = json.loads(state)["deployment"]["resources"]
    (component,) = [item for item in resources if item["type"] == INSIGHTS]
    assert component["inputs"]["disableLocalAuth"] is True
    component["outputs"]["connectionString"] = ""
    for settings in app_settings_of(resources):
        settings[INSIGHTS_SETTING]["value"] = ""
    return json.dumps(resources)


def app_settings_of(resources: list[dict[str, Any]]) -> list[dict[str, dict[str, str]]]:
    """The function app's settings, wherever the state keeps them."""
    (site,) = [item for item in resources if item["type"] == "azure-native:web:WebApp"]
    kept = (site["inputs"], site["outputs"], site["outputs"].get("__inputs", {}))
    lists = [place["siteConfig"]["appSettings"] for place in kept if "appSettings" in place.get("siteConfig", {})]
    return [{item["name"]: item for item in settings} for settings in lists]


def test_state_outputs_and_logs_hold_no_secret(azure_at_rest: Any) -> None:
    azure_at_rest.make("preview")
    state = azure_at_rest.pulumi("stack", "export").stdout
    outputs = azure_at_rest.pulumi("stack", "output", "--json", "--show-secrets").stdout
    log = (azure_at_rest.local / "emulator.log").read_text()
    run = (azure_at_rest.local.parent / "first-up.txt").read_text()
    texts = {"outputs": outputs, "log": log, "output of up": run, "state": without_the_address_of_insights(state)}
    texts |= {str(path): path.read_text(errors="replace") for path in (azure_at_rest.local / "sites").rglob("log")}

    assert len(texts) == 5
    for name, text in texts.items():
        assert findings(text) == set(), name
        assert not [secret for secret in secrets_of(azure_at_rest.local) if secret in text], name


def test_the_function_app_has_no_setting_that_is_a_secret(azure_at_rest: Any) -> None:
    state = json.loads(azure_at_rest.pulumi("stack", "export").stdout)

    (settings, *_) = app_settings_of(state["deployment"]["resources"])
    values = {name: item["value"] for name, item in settings.items() if name != INSIGHTS_SETTING}
    assert len(values) >= 15
    assert {name: findings(value) for name, value in values.items() if findings(value)} == {}


def test_the_state_holds_no_property_values_of_twins(azure_at_rest: Any) -> None:
    state = azure_at_rest.pulumi("stack", "export").stdout

    assert "North Street" not in state
