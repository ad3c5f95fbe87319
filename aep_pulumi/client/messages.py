"""Messages: what a client says to the user beside an error, and the sentences of its own errors."""

import sys

from aep_pulumi.client.retry import Try
from aep_pulumi.client.transport import DEEPEST, Answer, Request
from aep_pulumi.errors import AnswerError, AuthError, TimedOutError, UnreadableError
from aep_pulumi.settings import Settings


def tell(sentence: str) -> None:
    """Tell the user something that is no error: the engine shows a provider's stderr under the stack."""
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()


def unreadable(request: Request, answer: Answer) -> TimedOutError:
    """The error of a success whose body cannot be read: whether Platform has done it, nobody knows."""
    what = f"what answered {request.method} {request.path}"
    if answer.is_too_deep():
        return UnreadableError(
            f"{what} is nested deeper than {DEEPEST} levels: it may have happened all the same; report it to Adobe"
            + (f" (request id {answer.request_id})" if answer.request_id else "")
        )
    # Cut short, or from a proxy.
    return TimedOutError(f"{what} was no JSON: it may have happened all the same")


def no_token(error: AnswerError, answer: Answer, settings: Settings) -> AuthError:
    """The error of a token that was not issued, with what to check."""
    if answer.body() is None:
        check = "what answered is not Adobe's IMS: check the network, its proxy and aep:imsEndpoint"
    elif error.status >= 500 or error.status == 429:
        check = "IMS itself is in trouble: try again later"
    elif error.code == "invalid_scope":
        check = "check aep:scopes: comma-separated, as Adobe's developer console shows them for this credential"
    else:
        check = (
            "check aep:clientId, aep:clientSecret and aep:scopes; after a rotated secret, `pulumi up` brings the new one into "
            "the stack's state before `refresh` and `destroy` can use it"
        )
    return AuthError(
        status=error.status,
        method="POST",
        path="/ims/token/v3",
        code=error.code,
        words=error.words,
        request_id=error.request_id,
        hint=f"no token for client {settings.client_id!r}: {check}",
    )


def why(last: Try) -> str:
    """Why a request is sent again."""
    if last.throttled:
        return "Platform asks for fewer requests"
    return "Platform cannot be reached" if not last.sent else f"Platform answered {last.status or 'nothing'}"


def times(tries: int) -> str:
    """How often it was sent, in words."""
    return f"{tries} {'try' if tries == 1 else 'tries'}"
