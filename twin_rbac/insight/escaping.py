"""Text from a preview inside Markdown: a twin may be called anything; pure.

What is not plainly harmless becomes a character reference, which Markdown never takes for its own signs, inside
`<code>`, where GitHub looks for neither mentions nor links.
"""

import re

_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._:;,/+=()-]*[A-Za-z0-9)/])?")


def code(text: str, longest: int = 200) -> str:
    """A text as code, whatever it holds."""
    readable = shorten(visible(text), longest)
    if _PLAIN.fullmatch(readable):
        return f"`{readable}`"
    return f"<code>{prose(readable)}</code>"


def prose(text: str) -> str:
    """A text without Markdown's own signs. Mentions and addresses still act: foreign text goes into `code`."""
    return "".join(character if _is_harmless(character) else f"&#{ord(character)};" for character in visible(text))


def visible(text: str) -> str:
    """The text on one line, its control and direction marks written out."""
    return "".join(character if character.isprintable() else f"\\u{ord(character):04x}" for character in text)


def shorten(text: str, longest: int) -> str:
    """The text, or its beginning."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _is_harmless(character: str) -> bool:
    return character.isalnum() or character in " .,;:/()-'+=%?→…" or ord(character) > 0x2000
