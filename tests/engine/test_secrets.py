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


def test_state_outputs_and_logs_hold_no_secret(azure_at_rest: Any) -> None:
    azure_at_rest.make("preview")
    state = azure_at_rest.pulumi("stack", "export").stdout
    outputs = azure_at_rest.pulumi("stack", "output", "--json", "--show-secrets").stdout
    kept = [path for path in (azure_at_rest.local / "backend").rglob("*") if path.is_file()]
    log = (azure_at_rest.local / "emulator.log").read_text()
    run = (azure_at_rest.local.parent / "first-up.txt").read_text()
    texts = {"state": state, "outputs": outputs, "log": log, "output of up": run}
    texts |= {path.name: path.read_text(errors="replace") for path in kept}

    assert json.loads(state)["deployment"]["resources"]
    for name, text in texts.items():
        assert findings(text) == set(), name
        assert not [secret for secret in secrets_of(azure_at_rest.local) if secret in text], name


def test_the_state_holds_no_property_values_of_twins(azure_at_rest: Any) -> None:
    state = azure_at_rest.pulumi("stack", "export").stdout

    assert "North Street" not in state
