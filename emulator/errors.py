"""What the emulator says when it cannot do what it was asked on the command line.

EmulatorError
  AlreadyRunning       another emulator serves the local folder
  RunsElsewhere        it runs already, and not on the ports that PORT asks for
  NotRunning           a command needs a running emulator
  NotAnswering         it runs, and does not answer
  StartFailed          it ended before it was ready
  StopFailed           it does not end
  PortInUse            a port that it has to listen on is another program's
  PortNotUsable        PORT is no port
  NoFreePort           there is no port to choose
  FileDamaged          a file of the local folder, or one that was named, cannot be read
  Refused              it answers, and says no
  NoGateway            a token for the gateway is asked for, and none is deployed
  EntraError           see emulator.entra.errors
"""

from collections.abc import Sequence
from pathlib import Path


class EmulatorError(Exception):
    """The base of them all; its text is one sentence for a person."""


class AlreadyRunning(EmulatorError):
    """Another emulator serves the local folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"an emulator is already running in {folder}: stop it with `python -m emulator down`")


class RunsElsewhere(EmulatorError):
    """It runs already, and not on the ports that PORT asks for."""

    def __init__(self, address: str, first_port: int) -> None:
        super().__init__(
            f"the emulator is already running at {address}, not from port {first_port} on: stop it with "
            "`python -m emulator down`, or leave PORT out"
        )


class NotRunning(EmulatorError):
    """A command needs a running emulator."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"no emulator is running in {folder}: start one with `python -m emulator up --detach`")


class NotAnswering(EmulatorError):
    """It runs, and does not answer."""

    def __init__(self, address: str, log: Path) -> None:
        super().__init__(
            f"the emulator at {address} does not answer: see {log}, or stop it with `python -m emulator down`"
        )


class StartFailed(EmulatorError):
    """It ended before it was ready; `lines` are what it said last."""

    def __init__(self, lines: Sequence[str], log: Path) -> None:
        said = "\n".join(line.removeprefix("error: ") for line in lines)
        super().__init__(said or f"the emulator ended without a word before it was ready: see {log}")


class StopFailed(EmulatorError):
    """It does not end."""

    def __init__(self, process: int | None, log: Path) -> None:
        super().__init__(f"the emulator (process {process}) does not end: see {log}, or end that process by hand")


class PortInUse(EmulatorError):
    """A port that the emulator has to listen on is another program's."""

    def __init__(self, port: int, service: str) -> None:
        super().__init__(
            f"port {port} of localhost, where {service} is to listen, is in use by another program: "
            "stop that program, or choose other ports with `make up PORT=…` (the first of a free range)"
        )
        self.port = port
        self.service = service


class PortNotUsable(EmulatorError):
    """PORT is no port."""

    def __init__(self, value: str) -> None:
        super().__init__(f"PORT is {value!r}: give the first port of a free range, a number from 1024 to 65000")


class NoFreePort(EmulatorError):
    """There is no port to choose."""

    def __init__(self, service: str) -> None:
        super().__init__(f"no port of localhost is free for {service}: stop other programs that listen")


class FileDamaged(EmulatorError):
    """A file cannot be read as what it should be."""

    def __init__(self, path: Path, reason: object, remedy: str) -> None:
        super().__init__(f"{path}: {reason}: {remedy}")


class Refused(EmulatorError):
    """The running emulator answered, and said no."""


class NoGateway(EmulatorError):
    """A token for the gateway is asked for, and none is deployed."""

    def __init__(self) -> None:
        super().__init__("no gateway is deployed: use --audience instance or --audience resource-manager")
