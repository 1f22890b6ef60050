"""What can go wrong with the tools. Each message is one a person can act on; the tools print it and exit 1.

ToolError
├── EngineUnavailable     every way to get the Pulumi engine failed
├── WayFailed             one way failed; `EngineUnavailable` collects these
├── NotLocal              tools/pulumi-local was asked for another stack, backend or folder
├── PolicyPackUnavailable the policy pack's environment cannot be made
├── LocalAzureNotRunning  the emulator does not answer
├── UnknownPrincipal      --as names nobody of the directory
├── RunInProgress         another tools/pulumi-local holds the stack
└── StepFailed            a program that the tools started exited non-zero
"""

from collections.abc import Iterable, Sequence


class ToolError(Exception):
    """Base of all errors of the tools."""


class WayFailed(ToolError):
    """One way to get the engine did not work; the message is the reason, without the way's name."""


class EngineUnavailable(ToolError):
    """Every way to get the engine was tried and failed."""

    def __init__(self, version: str, failures: Sequence[tuple[str, str]]) -> None:
        self.failures = tuple(failures)
        tried = "\n".join(f"  - {way}: {reason}" for way, reason in failures)
        super().__init__(
            f"the Pulumi engine {version} is missing, and every way to get it failed:\n{tried}\n"
            f"Make one of them work: put pulumi {version} or a later 3.x on PATH, with its Python language host beside "
            "it (https://www.pulumi.com/docs/install/), or make the package registries reachable. Then try again."
        )


class PolicyPackUnavailable(ToolError):
    """The environment that the policy pack runs in cannot be made."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the policy pack cannot be run: {reason}\nMake the package index reachable, and try again.")


class NotLocal(ToolError):
    """An argument that would leave the local stack."""

    def __init__(self, argument: str, remedy: str) -> None:
        self.argument = argument
        super().__init__(f"tools/pulumi-local works on the stack `local` only and refuses `{argument}`: {remedy}")


class LocalAzureNotRunning(ToolError):
    """The emulator does not answer, or was never started."""

    def __init__(self) -> None:
        super().__init__("the local Azure is not running; run `make up`")


class UnknownPrincipal(ToolError):
    """`--as` names nobody of the directory."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        super().__init__(f"--as {name}: the directory has no such principal; it has {', '.join(sorted(known))}")


class RunInProgress(ToolError):
    """Another run of tools/pulumi-local holds the stack."""

    def __init__(self, folder: object) -> None:
        super().__init__(f"another tools/pulumi-local is at work in {folder}; wait until it has ended, then try again")


class StepFailed(ToolError):
    """A program that the tools started exited non-zero, after saying why itself."""

    def __init__(self, step: str, code: int) -> None:
        self.code = code
        super().__init__(f"{step} failed (exit code {code}); what went wrong stands above")
