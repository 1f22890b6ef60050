import pytest

from twin_rbac.insight.masking import mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("token eyJhbGciOiJ9.eyJzdWIi.c2ln-_x ends", "token *** ends"),
        ("Authorization: Bearer abc.def-_~+/= end", "Authorization: Bearer *** end"),
        ("https://x/y?sv=1&sig=a%2Fb%3D&se=2", "https://x/y?sv=1&sig=***&se=2"),
        ("AccountName=a;AccountKey=abc/+==;Suffix=z", "AccountName=a;AccountKey=***;Suffix=z"),
        ("SharedAccessKeyName=n;SharedAccessKey=abc=", "SharedAccessKeyName=n;SharedAccessKey=***"),
        ("Basic dXNlcjpwYXNzd29yZA==", "Basic ***"),
        ("accountKey: abc x", "accountKey: *** x"),
        ('secret = "cut sho', "secret = ***"),
        ("clientKey=abc, x", "clientKey=***, x"),
        ("password: hunter2; x", "password: ***; x"),
        ("client_secret=abc&x=1", "client_secret=***&x=1"),
        ("accessToken = 'a b' x", "accessToken = *** x"),
        ('{"name":"x","value":"a b"}', '{"name":"x","value":"***"}'),
        ('{"value": "a\\"b", "n": 1}', '{"value": "***", "n": 1}'),
        ('"{\\"value\\":\\"abc\\",\\"n\\":1}"', '"{\\"value\\":\\"***\\",\\"n\\":1}"'),
        ('{"value":"cut sho', '{"value":"***"'),
        ("{'primaryKey': 'abc'}", "{'primaryKey': ***}"),
    ],
)
def test_a_secret_is_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "warning: the caller may not do Microsoft.DigitalTwins/query/action at https://localhost:1; assign it a role",
        "warning: Basic authentication is on for publishing",
        "error: examples/role-tags.yaml:3:4: unknown role 'Fier'",
    ],
)
def test_other_text_stays(text: str) -> None:
    assert mask(text) == text
