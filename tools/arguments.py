"""Which arguments `tools/pulumi-local` hands on to pulumi. What is not listed here is refused.

The stand-in plugins must never meet a real stack: the stack is always `local`, the backend always the local folder,
and everything that would name another one, or write to a file that git tracks, is refused before pulumi starts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from tools.errors import NotLocal

STACK = "local"


class Kind(Enum):
    """What a command does, and so what it needs."""

    READ = auto()
    """Reads the state or prints something: needs nothing, and may run beside another one."""
    STATE = auto()
    """Changes the state without running the program: needs the stack to itself."""
    PROGRAM = auto()
    """Runs the program or its providers: needs the stack to itself, its config, and the local Azure."""


@dataclass(frozen=True)
class Invocation:
    """A call of pulumi that stays on the local stack."""

    arguments: tuple[str, ...]
    kind: Kind
    takes_config_file: bool = False


_COMMANDS = {
    **dict.fromkeys(["up", "update", "preview", "pre", "refresh", "destroy", "down", "dn", "import"], Kind.PROGRAM),
    **dict.fromkeys(["cancel"], Kind.STATE),
    **dict.fromkeys(["stack", "state", "config", "plugin", "about", "whoami", "version", "help"], Kind.READ),
}
_SUBCOMMANDS = {
    "stack": {
        **dict.fromkeys(["ls", "list", "output", "export", "history", "hist", "graph", "select"], Kind.READ),
        **dict.fromkeys(["init", "new", "create", "setup", "import", "rm", "remove", "delete"], Kind.STATE),
    },
    "state": {
        "get": Kind.READ,
        **dict.fromkeys(["delete", "rm", "remove", "rename", "repair", "protect", "unprotect"], Kind.STATE),
        **dict.fromkeys(["taint", "untaint"], Kind.STATE),
    },
    "config": {"get": Kind.READ},
    "plugin": {"ls": Kind.READ, "list": Kind.READ},
}
_NAMING_A_STACK = {("stack", "select"), ("stack", "init"), ("stack", "rm"), ("cancel", "")}
"""Commands whose arguments are names of stacks; their aliases are in _ALIASES."""
_ALIASES = {"new": "init", "create": "init", "setup": "init", "remove": "rm", "delete": "rm"}

_REFUSED_FLAGS = {
    "--cwd": "change into the project's folder instead",
    "-C": "change into the project's folder instead",
    "--config-file": "the configuration is Pulumi.local.yaml of the project",
    "--cloud-url": "the state stays in the local folder",
    "--remote": "a remote deployment would leave this machine",
    "--secrets-provider": "the state's secrets are kept with a passphrase of the local stack",
    "--copy-config-from": "there is no other stack to copy from",
    "--remove": "it would delete Pulumi.local.yaml; use `make down`, or `destroy` and then `stack rm`",
}
_VALUE_FLAGS = {"--color", "--memprofilerate", "--otel-traces", "--profiling", "--tracing", "-v", "--verbose"}
"""Global flags whose value is the next argument; they may stand before the command."""


def check_arguments(arguments: Sequence[str]) -> Invocation:
    """What to call pulumi with.

    Raises:
        NotLocal: the arguments name another stack, backend or folder, or a command that is not listed.
    """
    for flag in arguments:
        _check_flag(flag)
    words = list(_words(arguments))
    if not words:
        return Invocation(tuple(arguments), Kind.READ)
    command, rest = words[0], words[1:]
    subcommand = rest[0] if rest and command in _SUBCOMMANDS else ""
    kind = _kind(command, subcommand)
    name = _ALIASES.get(subcommand, subcommand)
    if (command, name) in _NAMING_A_STACK:
        _check_names(rest[1:] if subcommand else rest)
    if (command, subcommand) == ("stack", "export"):
        _check_written_file(arguments)
    extra = ("--preserve-config",) if (command, name) == ("stack", "rm") else ()
    return Invocation((*arguments, *extra), kind, kind is Kind.PROGRAM or command == "config")


def _check_flag(argument: str) -> None:
    flag = argument.split("=", 1)[0]
    if flag.startswith("--remote"):
        flag = "--remote"
    if flag in _REFUSED_FLAGS:
        raise NotLocal(argument, _REFUSED_FLAGS[flag])
    short = argument.startswith("-") and not argument.startswith("--")
    if short and len(argument) > 2 and not argument[2:].isdigit():
        # In `-ysprod` hides a stack.
        raise NotLocal(argument, "write each short flag, and its value, as an argument of its own")


def _words(arguments: Sequence[str]) -> Iterator[str]:
    """The arguments that are no flags, and no values of the flags that may stand before a command."""
    left = iter(arguments)
    for argument in left:
        if argument in {"-s", "--stack"}:
            _check_names([next(left, "")])
        elif argument.startswith("--stack="):
            _check_names([argument.removeprefix("--stack=")])
        elif argument in _VALUE_FLAGS:
            next(left, None)
        elif not argument.startswith("-"):
            yield argument


def _check_written_file(arguments: Sequence[str]) -> None:
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        path = following if argument == "--file" else argument.removeprefix("--file=")
        if path != argument and Path(path).exists():
            raise NotLocal(f"--file {path}", "the file exists, and may be one that git tracks; name a new one")


def _check_names(names: Sequence[str]) -> None:
    for name in names:
        if name != STACK:
            raise NotLocal(name, f"the stack's name is `{STACK}`")


def _kind(command: str, subcommand: str) -> Kind:
    if command not in _COMMANDS:
        raise NotLocal(command, "it is not a command about the local stack; call `pulumi` itself for it")
    if not subcommand:
        return _COMMANDS[command]
    if subcommand in _SUBCOMMANDS[command]:
        return _SUBCOMMANDS[command][subcommand]
    remedy = "edit Pulumi.local.yaml instead" if command == "config" else "it would change more than the local stack"
    raise NotLocal(f"{command} {subcommand}", remedy)
