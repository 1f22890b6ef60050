"""What the emulator's Entra ID refuses.

EntraError
  DirectoryInvalid     directory.yaml breaks a rule
  UnknownPrincipal     no principal has that name
  CannotSignIn         a group has no token of its own
  InvalidToken         a token is not accepted
  TokenRefused         no token is issued for that audience to that principal
    ResourceUnknown      nobody registered the audience
    NotAssigned          the application wants an assignment, and the principal has none
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


class TokenRefused(EntraError):
    """No token is issued for that audience to that principal; the text starts with Entra's own code."""


class ResourceUnknown(TokenRefused):
    """Nobody registered the audience, or its application has no service principal in the tenant."""

    def __init__(self, audience: str, tenant_id: str) -> None:
        super().__init__(
            f"AADSTS500011: The resource principal named {audience} was not found in the tenant named {tenant_id}. "
            "This can happen if the application has not been installed by the administrator of the tenant."
        )


class NotAssigned(TokenRefused):
    """The application's service principal wants an assignment, and the principal has none."""

    def __init__(self, name: str, application: str, *, is_user: bool) -> None:
        super().__init__(
            f"AADSTS50105: The signed in user '{name}' is not assigned to a role for the application '{application}'."
            if is_user
            else f"AADSTS501051: Application '{name}' is not assigned to a role for the application '{application}'."
        )
