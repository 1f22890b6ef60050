"""What goes wrong when an answer is made."""

from pathlib import Path


class InsightError(Exception):
    """No answer can be given; the text says why, and what to do."""


class UnknownForm(InsightError):
    """A document is JSON, and no preview as we know them."""


class PreviewUnreadable(InsightError):
    """A file is not what `pulumi preview --json` writes."""

    def __init__(self, file: Path, reason: str) -> None:
        self.file = file
        self.reason = reason
        super().__init__(f"{file}: {reason}; make it with `pulumi preview --json > {file}`")
