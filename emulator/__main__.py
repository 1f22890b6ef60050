"""`python -m emulator`: the local Azure from the command line."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from emulator import commands
from emulator.control import AUDIENCE_NAMES
from emulator.errors import EmulatorError
from emulator.home import Home, find_home


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; 0 when it did what was asked, 1 when it could not, 130 when it was interrupted."""
    options = _parser().parse_args(arguments)
    work: Callable[[Home, argparse.Namespace], str | None] = options.work
    try:
        text = work(find_home(os.environ), options)
    except EmulatorError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if text is not None:
        print(text)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m emulator", description="The local Azure, on loopback.")
    adders = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, text, work, add_options in (
        ("up", "start it", _up, _add_up_options),
        ("down", "stop it", lambda home, _: commands.stop(home), None),
        ("status", "where everything is", _status, _add_status_options),
        ("token", "a bearer token of a principal", _token, _add_token_options),
        ("reset", "forget all data", lambda home, _: commands.reset(home), None),
        ("logs", "what it said", lambda home, _: commands.read_log(home), None),
        ("data-plane", "one empty instance by itself, for testing clients", _data_plane, _add_data_plane_options),
    ):
        command = adders.add_parser(name, help=text, description=text)
        command.set_defaults(work=work)
        if add_options:
            add_options(command)
    return parser


def _add_up_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--detach", action="store_true", help="in the background; returns when it answers")
    command.add_argument("--lag", type=float, default=0.0, metavar="S", help="seconds that queries lag behind writes")
    command.add_argument("--faults", type=Path, metavar="FILE", help="faults that act from the start, YAML or JSON")
    command.add_argument("--directory", type=Path, default=commands.DIRECTORY, metavar="FILE", help="the principals")


def _up(home: Home, options: argparse.Namespace) -> str | None:
    if not options.detach:
        commands.run(home, directory=options.directory, lag=options.lag, faults=options.faults)
        return None
    given = ["--lag", str(options.lag), "--directory", str(options.directory.absolute())]
    given += ["--faults", str(options.faults.absolute())] if options.faults else []
    return commands.start(home, given)


def _add_status_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--output", choices=["text", "json"], default="text")


def _status(home: Home, options: argparse.Namespace) -> str:
    return commands.describe_status(home, as_json=options.output == "json")


def _add_token_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", help="a principal of the directory")
    command.add_argument("--audience", choices=AUDIENCE_NAMES, help="what the token is for")


def _token(home: Home, options: argparse.Namespace) -> str:
    return commands.get_token(home, options.name, options.audience)


def _add_data_plane_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--port", type=int, required=True, help="0 for any free one")
    command.add_argument("--token", required=True, help="the one bearer token that is accepted")
    command.add_argument("--tls", action="store_true", help="over TLS; the SDKs send no token without")
    command.add_argument("--endpoint", action="append", default=[], metavar="NAME", help="a valid event endpoint")
    command.add_argument("--blobs", type=Path, metavar="DIR", help="the folder that stands for blob storage")
    command.add_argument("--state", type=Path, metavar="FILE", help="keep the instance in a file")


def _data_plane(home: Home, options: argparse.Namespace) -> None:
    commands.serve_one_instance(
        home,
        port=options.port,
        token=options.token,
        tls=options.tls,
        endpoints=options.endpoint,
        blobs=options.blobs,
        state=options.state,
    )


if __name__ == "__main__":
    sys.exit(main())
