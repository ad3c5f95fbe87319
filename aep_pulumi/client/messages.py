"""Messages: what a client says to the user beside an error, and the sentences of its own errors."""

import sys

from aep_pulumi.client.retry import Try
from aep_pulumi.client.transport import Answer
from aep_pulumi.errors import AnswerError, AuthError
from aep_pulumi.settings import Settings


def tell(sentence: str) -> None:
    """Tell the user something that is no error: the engine shows a provider's stderr under the stack."""
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()


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
