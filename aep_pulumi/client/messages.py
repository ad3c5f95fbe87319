"""Messages: the client's warnings, and the texts of its own errors."""

import sys

from aep_pulumi.client.retry import Attempt
from aep_pulumi.client.transport import DEEPEST, Request, Response
from aep_pulumi.errors import AuthError, ResponseError, TimedOutError, UnreadableError
from aep_pulumi.settings import Settings


def warn(message: str) -> None:
    """Show a message that is not an error: the engine prints a provider's stderr under the stack."""
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()


def unreadable(request: Request, response: Response) -> TimedOutError:
    """The error for a success whose body cannot be parsed: it is unknown whether the request took effect."""
    what = f"the response to {request.method} {request.path}"
    if response.is_too_deep():
        return UnreadableError(
            f"{what} is nested deeper than {DEEPEST} levels: the request may have taken effect; report it to Adobe"
            + (f" (request id {response.request_id})" if response.request_id else "")
        )
    # Truncated, or from a proxy.
    return TimedOutError(f"{what} is not JSON: the request may have taken effect")


def no_token(error: ResponseError, response: Response, settings: Settings) -> AuthError:
    """The error for a failed token request, with what to check."""
    if response.body() is None:
        check = "the response did not come from Adobe's IMS: check the network, its proxy and aep:imsEndpoint"
    elif error.status >= 500 or error.status == 429:
        check = "IMS is unavailable: try again later"
    elif error.code == "invalid_scope":
        check = "check aep:scopes: they must be comma-separated, as Adobe's developer console shows them for this credential"
    else:
        check = (
            "check aep:clientId, aep:clientSecret and aep:scopes; after rotating the secret, run `pulumi up` before `refresh` or "
            "`destroy`, which use the settings in the stack's state"
        )
    return AuthError(
        status=error.status,
        method="POST",
        path="/ims/token/v3",
        code=error.code,
        message=error.message,
        request_id=error.request_id,
        hint=f"no token for client {settings.client_id!r}: {check}",
    )


def why(last: Attempt) -> str:
    """Why a request is sent again."""
    if last.throttled:
        return "Platform is throttling requests"
    return "Platform cannot be reached" if not last.sent else f"Platform returned {last.status or 'no response'}"


def times(tries: int) -> str:
    """The number of attempts, in words."""
    return f"{tries} {'attempt' if tries == 1 else 'attempts'}"
