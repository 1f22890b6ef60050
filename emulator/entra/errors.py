"""What the emulator's Entra ID refuses.

EntraError
  DirectoryInvalid     directory.yaml breaks a rule
  UnknownPrincipal     no principal has that name
  CannotSignIn         a group has no token of its own
  InvalidToken         a token is not accepted
"""

from collections.abc import Iterable

from emulator.errors import EmulatorError


class EntraError(EmulatorError):
    """The base of them all."""


class DirectoryInvalid(EntraError):
    """The file of the directory breaks a rule; `place` is file:line:column."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place}: {problem}")
        self.place = place


class UnknownPrincipal(EntraError):
    """No principal has that name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"the directory has no principal {name!r}: there are {', '.join(sorted(known))}")


class CannotSignIn(EntraError):
    """A group has no token of its own."""

    def __init__(self, name: str, members: Iterable[str]) -> None:
        listed = ", ".join(members)
        rest = f": take one of its members, {listed}" if listed else ", and it has no members"
        super().__init__(f"{name!r} is a group and cannot sign in{rest}")


class InvalidToken(EntraError):
    """A token is not accepted; `reason` says why and never holds a part of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
