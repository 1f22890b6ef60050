"""`tools/pulumi-local [--as NAME] ARGS…`: pulumi on the stack `local`, against the local Azure, and nothing else.

Runs pulumi in a session of its own, hands signals on to it, and ends what it leaves behind: at once, or at the next
start where this process was killed too. Exits with pulumi's code.
"""

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from tools.arguments import Invocation, Kind, check_arguments
from tools.checkout import local_folder, project_folder
from tools.engine import Engine, find_engine
from tools.environment import local_settings, without_foreign_settings
from tools.errors import LocalAzureNotRunning, RunInProgress, ToolError
from tools.local_azure import LocalAzure, read_local_azure
from tools.locks import file_lock
from tools.sessions import Session, end_recorded_session, end_session, record_session
from tools.stack import LocalStack
from tools.stand_ins import install_stand_ins
from tools.steps import to_stderr

DEFAULT_PRINCIPAL = "deployer"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class LocalPulumi:
    """Pulumi on one project's stack `local`, as one principal."""

    engine: Engine
    azure: LocalAzure
    stack: LocalStack
    environ: Mapping[str, str]

    @property
    def pulumi(self) -> Path:
        """The executable."""
        return self.engine.folder / "pulumi"

    def run(self, invocation: Invocation) -> int:
        """Runs one command to its end and returns pulumi's exit code.

        Raises:
            LocalAzureNotRunning: the command needs it.
            RunInProgress: another one holds the stack.
        """
        arguments = invocation.arguments
        with ExitStack() as held:
            if invocation.kind is not Kind.READ:
                held.enter_context(file_lock(self.azure.folder / "pulumi.lock", on_busy=self._refuse))
                self._clear_up()
            if invocation.kind is Kind.PROGRAM:
                self._prepare()
            if invocation.takes_config_file:
                self.stack.write_config(self.azure)
                arguments = (*arguments, "--config-file", str(self.stack.config_file))
            return self._call(arguments, recorded=invocation.kind is not Kind.READ)

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs.

        Raises:
            ToolError: pulumi cannot read them; the message says why.
        """
        command = [str(self.pulumi), "stack", "output", "--json"]
        done = subprocess.run(
            command, cwd=self.stack.project, env=self.environ, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise ToolError(f"the stack's outputs cannot be read: {done.stderr.strip()}")
        return dict(json.loads(done.stdout))

    def _refuse(self) -> None:
        raise RunInProgress(self.azure.folder)

    def _clear_up(self) -> None:
        """Ends what a killed run left: first its processes, then its lock. We hold the stack, so nobody else runs."""
        if ended := end_recorded_session(self._record):
            to_stderr(f"Ended {ended} process(es) that a killed run had left.")
        if self.stack.is_locked:
            self._call(("cancel", "--yes"), recorded=False)

    def _prepare(self) -> None:
        if not self.azure.is_running():
            raise LocalAzureNotRunning
        install_stand_ins(Path(self.environ["PULUMI_HOME"]))
        if not self.stack.exists:
            self.stack.create(self.pulumi, self.environ)

    def _call(self, arguments: Sequence[str], *, recorded: bool) -> int:
        # Where SIGINT is ignored (a job that a script put into the background), pulumi needs seconds longer; a
        # handler of ours is not inherited, so the child begins with the default.
        child: subprocess.Popen[bytes] | None = None

        def hand_on(number: int, _frame: FrameType | None) -> None:
            if child is not None:
                child.send_signal(number)

        former = {number: signal.signal(number, hand_on) for number in _SIGNALS}
        try:
            child = self._start(arguments, recorded=recorded)
            session = Session.of(child.pid)
            if recorded:
                record_session(self._record, session)
            code = child.wait()
            end_session(session)
            if recorded:
                self._record.unlink(missing_ok=True)
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)
        return code if code >= 0 else 128 - code

    def _start(self, arguments: Sequence[str], *, recorded: bool) -> subprocess.Popen[bytes]:
        def record() -> None:
            record_session(self._record, Session.just_begun(os.getpid()))

        return subprocess.Popen(
            [str(self.pulumi), *arguments],
            cwd=self.stack.project,
            env=self.environ,
            start_new_session=True,
            # The child itself, before it becomes pulumi: however early we are killed, no run is unrecorded.
            preexec_fn=record if recorded else None,  # noqa: PLW1509 - there are no threads here
        )

    @property
    def _record(self) -> Path:
        return self.azure.folder / "pulumi-run.json"


def open_local_pulumi(principal: str, *, environ: Mapping[str, str], current: Path) -> LocalPulumi:
    """Pulumi on the stack `local` of the project in the current folder, else of the checkout.

    Raises:
        ToolError: the engine is missing, the local Azure was never started, or there is no such principal.
    """
    folder = local_folder(environ)
    azure = read_local_azure(folder)
    engine = find_engine(environ)
    if engine is None:
        raise ToolError("the Pulumi engine is not here yet; run `make up`, which gets it")
    settings = local_settings(azure, engine, principal=principal, environ=environ)
    stack = LocalStack(folder, project_folder(current))
    own = {"PULUMI_PYTHON_CMD": str(stack.python)}
    return LocalPulumi(engine, azure, stack, {**without_foreign_settings(environ), **settings, **own})


def main(arguments: Sequence[str]) -> int:
    """The command; returns its exit code."""
    try:
        principal, left = _take_principal(arguments)
        # Refused before anything is looked at.
        invocation = None if left == ["--environment"] else check_arguments(left)
        pulumi = open_local_pulumi(principal, environ=os.environ, current=Path.cwd())
        if invocation is None:
            settings = local_settings(pulumi.azure, pulumi.engine, principal=principal, environ=os.environ)
            print(json.dumps(settings))
            return 0
        return pulumi.run(invocation)
    except ToolError as exc:
        to_stderr(f"error: {exc}")
        return 1


def _take_principal(arguments: Sequence[str]) -> tuple[str, list[str]]:
    """The principal to run as, and what is left for pulumi. `--as NAME` stands before or after `--environment`."""
    left = list(arguments)
    if "--as" not in left:
        return DEFAULT_PRINCIPAL, left
    place = left.index("--as")
    if place + 1 == len(left):
        raise ToolError("--as needs the name of a principal of the directory, such as `deployer`")
    return left[place + 1], left[:place] + left[place + 2 :]
