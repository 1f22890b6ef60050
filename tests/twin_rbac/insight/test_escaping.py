import pytest

from twin_rbac.insight.escaping import code, prose


@pytest.mark.parametrize("text", ["A", "1", "floor-2/room.7", "dtmi:example:Room;1", "203.0.113.0/24"])
def test_an_ordinary_name_is_plain_code(text: str) -> None:
    assert code(text) == f"`{text}`"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a`b", "<code>a&#96;b</code>"),
        ("a|b", "<code>a&#124;b</code>"),
        ("@octocat", "<code>&#64;octocat</code>"),
        ("a\nb", "<code>a&#92;u000ab</code>"),
        ("<b>&amp;", "<code>&#60;b&#62;&#38;amp;</code>"),
        ("</code><img src=x>", "<code>&#60;/code&#62;&#60;img src=x&#62;</code>"),
        ("[a](https://evil)", "<code>&#91;a&#93;(https://evil)</code>"),
        ("**bold** _x_ ~y~ #1", "<code>&#42;&#42;bold&#42;&#42; &#95;x&#95; &#126;y&#126; &#35;1</code>"),
        ("\u202eevil", "<code>&#92;u202eevil</code>"),
        ("<!-- twin-rbac report pr: prod -->", "<code>&#60;&#33;-- twin-rbac report pr: prod --&#62;</code>"),
        ("", "<code></code>"),
    ],
)
def test_what_markdown_or_github_would_read_is_only_shown(text: str, expected: str) -> None:
    assert code(text) == expected


def test_a_long_name_is_cut() -> None:
    assert len(code("x" * 5_000)) < 250
    assert len(code("x" * 5_000, 1_000)) > 1_000


def test_running_text_of_ours_stays_readable() -> None:
    assert prose("3 to add, 1 to change (⚠ wider)") == "3 to add, 1 to change (⚠ wider)"
