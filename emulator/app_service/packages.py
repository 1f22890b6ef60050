"""The packages of a site on disk: a folder for each deployment, of which the storage names the one in force."""

import io
import shutil
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from emulator.app_service.errors import PackageInvalid
from emulator.storage import Storage

SITES_FOLDER = "sites"
"""The folder of the local folder that holds one for each site."""
SITE_PACKAGES = "site-packages"
"""Kind of document: lower-case id of a site -> {"deployment": the id of the deployment in force}."""
_REQUIRED = ("host.json", "function_app.py")
LOG = "log"
"""The file of a site's folder that its processes write to."""
_HOME = "home"


@dataclass(frozen=True)
class Packages:
    """What was published to one site."""

    storage: Storage
    site_id: str
    folder: Path
    """The site's folder."""

    @property
    def log(self) -> Path:
        """What the site's processes say."""
        return self.folder / LOG

    @property
    def home(self) -> Path:
        """The home folder of the site's processes."""
        return self.folder / _HOME

    @property
    def current(self) -> Path | None:
        """The folder of the package in force; None before the first."""
        document = self.storage.get(SITE_PACKAGES, self.site_id.lower())
        folder = self.folder / document["deployment"] if document is not None else None
        return folder if folder is not None and folder.is_dir() else None

    @property
    def current_deployment(self) -> str | None:
        """The deployment whose package is in force."""
        return self.current.name if self.current is not None else None

    def unpack(self, deployment_id: str, package: bytes) -> None:
        """Puts a package on disk; it is not in force yet.

        Raises:
            PackageInvalid: it is no zip, or damaged.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        try:
            with zipfile.ZipFile(io.BytesIO(package)) as archive:
                archive.extractall(self.folder / deployment_id)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as exc:
            raise PackageInvalid(f"it is damaged ({exc})") from exc

    def activate(self, deployment_id: str) -> None:
        """Puts an unpacked package in force. A killed emulator has either this one or the one before."""
        self.storage.put(SITE_PACKAGES, self.site_id.lower(), {"deployment": deployment_id})

    def discard(self, deployment_id: str) -> None:
        """Removes a package, unless it is the one in force."""
        if deployment_id != self.current_deployment:
            shutil.rmtree(self.folder / deployment_id, ignore_errors=True)

    def sweep(self) -> None:
        """Removes the packages that are not in force. None must be on its way."""
        for path in self.folder.glob("*"):
            if path.name not in {LOG, _HOME}:
                self.discard(path.name)

    def drop(self) -> None:
        """Forgets everything that was published."""
        self.storage.delete(SITE_PACKAGES, self.site_id.lower())
        shutil.rmtree(self.folder, ignore_errors=True)


def check_package(package: bytes) -> None:
    """Returns when the bytes are a zip of a function app.

    Raises:
        PackageInvalid: they are not; the text says what is missing.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            names = set(archive.namelist())
    except zipfile.BadZipFile as exc:
        raise PackageInvalid("it is no zip") from exc
    missing = [name for name in _REQUIRED if name not in names]
    if missing:
        raise PackageInvalid(f"it has no {' and no '.join(missing)} at its root")
