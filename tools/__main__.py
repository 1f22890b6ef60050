"""`python -m tools up|preview|down`: what the Makefile calls."""

import sys

from tools.commands import down, preview, up
from tools.errors import ToolError
from tools.steps import to_stderr

COMMANDS = {"up": up, "preview": preview, "down": down}


def main() -> int:
    """Returns the exit code: 1 after one clear sentence about what failed."""
    if len(sys.argv) != 2 or sys.argv[1] not in COMMANDS:
        to_stderr(f"usage: python -m tools {'|'.join(COMMANDS)}")
        return 1
    try:
        COMMANDS[sys.argv[1]]()
    except ToolError as exc:
        to_stderr(f"error: {exc}")
        return 1
    except KeyboardInterrupt:
        to_stderr("interrupted")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
