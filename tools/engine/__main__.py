"""`python -m tools.engine`: gets the Pulumi engine and prints the folder it is in."""

import os
import sys

from tools.engine import get_engine
from tools.errors import ToolError
from tools.steps import to_stderr


def main() -> int:
    """Returns the exit code: 1 when there is no engine and no way to get it."""
    try:
        print(get_engine(os.environ, report=to_stderr).folder)
    except ToolError as exc:
        to_stderr(f"error: {exc}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
