"""Takes secrets out of what a preview said, before anybody reads it in a comment; pure.

Errors of Azure and of the engine echo what was sent: tokens, connection strings, bodies.
"""

import re

MASK = "***"

_NAMES = r"(?:password|passwd|pwd|secret|token|key)"
# In quotes, which may be cut off, or up to where the next begins.
_VALUE = r"(?:\"[^\"]*(?:\"|$)|'[^']*(?:'|$)|[^;\s\"',&]+)"
_PATTERNS = (
    # A JSON Web Token, whatever stands around it.
    (re.compile(r"\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)*"), MASK),
    (re.compile(r"(?i)\b(Bearer(?=\s)|Basic(?=\s+[\w+/=]{16}))(\s+)[\w.~+/=-]+"), rf"\1\2{MASK}"),
    # A member of an echoed body, its quotes escaped or not, and the body perhaps cut short.
    (
        re.compile(
            r"(?i)(?<!\\)(?P<quote>\\*[\"'])(?P<name>[\w.-]{0,60}?(?:value|"
            + _NAMES
            + r"))(?P=quote)(?P<colon>\s*:\s*)"
            r"(?P=quote).*?(?:(?<!\\)(?P=quote)|$)"
        ),
        rf"\g<quote>\g<name>\g<quote>\g<colon>\g<quote>{MASK}\g<quote>",
    ),
    (re.compile(r"(?i)\b(sig=)[^&\s\"';,]+"), rf"\1{MASK}"),
    (re.compile(r"(?i)\b([\w-]{0,60}?key\s*=\s*)" + _VALUE), rf"\1{MASK}"),
    (re.compile(r"(?i)((?:account|access|primary|secondary|master|api)[_-]?key[\"']?\s*:\s*)" + _VALUE), rf"\1{MASK}"),
    (re.compile(r"(?i)((?:password|passwd|pwd|secret|token)[\"']?\s*[:=]\s*)" + _VALUE), rf"\1{MASK}"),
)


def mask(text: str) -> str:
    """The text without what looks like a secret: rather too much goes than too little."""
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text
