"""The official installer: a shell script that downloads a release. Fails quickly where the internet is out of reach."""

import urllib.error
import urllib.request

from tools.engine.cache import Workplace
from tools.engine.model import VERSION
from tools.errors import WayFailed

SCRIPT = "https://get.pulumi.com/install.sh"
SECONDS_TO_ANSWER = 5


def install(workplace: Workplace) -> None:
    """Fills the workplace with the official release.

    Raises:
        WayFailed: the script cannot be fetched, or does not end well.
    """
    script = workplace.scratch / "install.sh"
    script.write_bytes(_fetch())
    root = workplace.scratch / "installed"
    workplace.run(
        f"Installing Pulumi {VERSION} with its official installer",
        ["sh", str(script), "--no-edit-path", "--install-root", str(root), "--version", VERSION],
    )
    for file in (root / "bin").iterdir():
        file.rename(workplace.target / file.name)


def _fetch() -> bytes:
    try:
        with urllib.request.urlopen(SCRIPT, timeout=SECONDS_TO_ANSWER) as answer:
            return bytes(answer.read())
    except (urllib.error.URLError, OSError) as exc:
        raise WayFailed(f"{SCRIPT} cannot be reached ({getattr(exc, 'reason', exc)})") from exc
