import pytest

from twin_rbac.query.tokens import Kind, tokenize


def kinds(text: str) -> list[tuple[str, str]]:
    return [(token.kind.name, token.value) for token in tokenize(text)]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("select", Kind.WORD, "select"),
        ("a_1", Kind.WORD, "a_1"),
        ("$dtId", Kind.SYSTEM_NAME, "$dtId"),
        ("[[Group]]", Kind.BRACKETED_NAME, "Group"),
        ("[[1-a b]c]]", Kind.BRACKETED_NAME, "1-a b]c"),
        ("''", Kind.TEXT, ""),
        (r"'D\'Souza'", Kind.TEXT, "D'Souza"),
        (r"'\\'", Kind.TEXT, "\\"),
        (r"'\\\''", Kind.TEXT, "\\'"),
        ("'--\n/* \" ; é\u202f'", Kind.TEXT, '--\n/* " ; é\u202f'),
        ("20", Kind.NUMBER, "20"),
        ("-2.50", Kind.NUMBER, "-2.50"),
        ("!=", Kind.SYMBOL, "!="),
        ("<=", Kind.SYMBOL, "<="),
    ],
)
def test_a_token_has_a_kind_and_a_value(text: str, kind: Kind, value: str) -> None:
    [token, end] = tokenize(text)
    assert (token.kind, token.source, token.value) == (kind, text, value)
    assert end.kind is Kind.END


def test_tokens_need_no_white_space_between_them() -> None:
    assert kinds("a<=-5AND[[b]]IN['x']") == [
        ("WORD", "a"),
        ("SYMBOL", "<="),
        ("NUMBER", "-5"),
        ("WORD", "AND"),
        ("BRACKETED_NAME", "b"),
        ("WORD", "IN"),
        ("SYMBOL", "["),
        ("TEXT", "x"),
        ("SYMBOL", "]"),
        ("END", ""),
    ]


def test_places_are_counted_from_one_and_lines_end_with_a_line_feed() -> None:
    tokens = tokenize("a\r\n\t'x\ny' b\n\n")
    assert [(token.source, token.line, token.column) for token in tokens] == [
        ("a", 1, 1),
        ("'x\ny'", 2, 2),
        ("b", 3, 4),
        ("", 5, 1),
    ]


def test_an_invalid_token_is_the_last() -> None:
    *_, before, last = tokenize('a ; "b')
    assert (before.source, last.kind, last.column) == ("a", Kind.INVALID, 3)


def test_only_reserved_words_are_reserved_whatever_their_case() -> None:
    reserved = [token.source for token in tokenize("group Is_Null [[Group]] match exact NIN 'group'") if token.reserved]
    assert reserved == ["group", "Is_Null"]
