"""Why the gateway refuses a call.

    GatewayError
      SettingsInvalid           the environment lacks a setting, or holds a wrong one
      InvalidToken              no bearer token, or one that is not for the gateway
      KeysUnavailable           Entra ID's signing keys are not to be had
      RolesUnavailable          role assignments are not to be had, or those at hand are too old
      GroupsOverage             the token does not name the caller's groups: there are too many
      TooBusy                   the gateway answers as many calls as it can
      TooManyCalls              the caller has as many calls under way as one may
      InvalidContinuationToken  a token that the gateway did not give to this caller for this query
      BadCall                   a call that cannot be read
      NotServed                 a path or a verb that the gateway does not answer
      HiddenOrMissing           a twin that the caller does not see, or that is not there: nobody learns which
      Defect                    our own mistake, found before anything was answered

What the caller gets for each is in `responses.py`.
"""

from collections.abc import Sequence


class GatewayError(Exception):
    """A call that is refused."""


class SettingsInvalid(GatewayError):
    """The environment lacks a setting, or holds a wrong one; the text names all of them."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("the app settings cannot be used:\n" + "\n".join(f"  {problem}" for problem in problems))


class InvalidToken(GatewayError):
    """No bearer token, or one that is not for the gateway.

    The caller is told nothing else; `reason` is for the log and holds nothing of the token.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class KeysUnavailable(GatewayError):
    """Entra ID's signing keys are not to be had, so no token can be judged."""


class RolesUnavailable(GatewayError):
    """Role assignments are not to be had, or those at hand are too old to be trusted."""


class GroupsOverage(GatewayError):
    """The caller is in more groups than a token can name, so its roles cannot be told."""


class TooBusy(GatewayError):
    """The gateway answers as many calls as it can."""


class TooManyCalls(GatewayError):
    """The caller has as many calls under way as one may."""


class InvalidContinuationToken(GatewayError):
    """A continuation token that the gateway did not give to this caller for this query; why is never told."""


class BadCall(GatewayError):
    """A call that cannot be read; `code` is the service's word for it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NotServed(GatewayError):
    """A path or a verb that the gateway does not answer."""

    def __init__(self, status: int, code: str, message: str, *, allow: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.allow = allow
        """The verbs that the path has, where only the verb is wrong."""


class HiddenOrMissing(GatewayError):
    """A twin that the caller does not see, or that is not there."""


class Defect(GatewayError):
    """Our own mistake: what was about to be answered may hold what the caller must not see."""
