"""The token by which a pipeline proves to Entra which pipeline it is."""

import json
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from twin_rbac.clients.address import secure_url
from twin_rbac.clients.errors import SignInFailed

AUDIENCE = "api://AzureADTokenExchange"
_TIMEOUT = 30


def request_assertion(url: str, token: str) -> str:
    """Asks the pipeline's own service (GitHub Actions, or what ARM_OIDC_REQUEST_URL names) for an assertion.

    It blocks, about once an hour: azure-identity calls for an assertion from synchronous code.

    Raises:
        EndpointRefused: the URL is not https.
        SignInFailed: the service does not answer with an assertion.
    """
    service = str(secure_url(url))
    joint = "&" if "?" in url else "?"
    request = Request(  # noqa: S310  # the scheme was checked above
        f"{url}{joint}audience={quote(AUDIENCE, safe='')}", headers={"Authorization": f"Bearer {token}"}
    )
    try:
        with urlopen(request, timeout=_TIMEOUT) as response:  # noqa: S310  # as above
            return str(json.load(response)["value"])
    except HTTPError as error:
        with error:
            raise SignInFailed(service, f"it gave no OIDC token (HTTP {error.code})") from error
    except (URLError, TimeoutError, ValueError, KeyError, TypeError) as error:
        raise SignInFailed(service, f"it gave no OIDC token ({type(error).__name__})") from error
