"""What goes wrong in a site.

SiteError
  PackageInvalid     what was published is no function app
  NoPackage          nothing was published yet
  WorkerFailed       the package's process did not get ready: the site's log says why
  WorkerDied         the process ended in the middle of a call
"""

from pathlib import Path


class SiteError(Exception):
    """The base of them all."""


class PackageInvalid(SiteError):
    """What was published is no function app."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"the package cannot be deployed: {problem}")


class NoPackage(SiteError):
    """Nothing was published yet."""

    def __init__(self, site_name: str) -> None:
        super().__init__(f"nothing was published to the site {site_name}")


class WorkerFailed(SiteError):
    """The package's process did not get ready."""

    def __init__(self, log: Path) -> None:
        super().__init__(f"the package's process did not get ready: see {log}")


class WorkerDied(SiteError):
    """The process ended in the middle of a call."""

    def __init__(self, log: Path) -> None:
        super().__init__(f"the package's process ended in the middle of a call: see {log}")
