"""Errors: all exceptions of this package. Each message is one sentence.

AepError
├── SettingsError          before any request: a setting is missing or invalid
├── GuardError             before any request: the change would lose data, and is not allowed
│   └── OccupiedError      another object already uses what the object needs exclusively
├── JournalError           before any request: a create cannot be recorded in the journal
├── AmbiguousError         a create may have succeeded, but its object cannot be identified
├── UnexpectedError        a response or a state that the provider cannot process
├── DeadlineError          the operation reached its deadline: nothing more was sent
├── UnreachableError       no connection: nothing was sent
├── TimedOutError          sent, but no response: it may have taken effect
│   └── UnreadableError    the response is too large or nested too deep: it may have taken effect
└── ResponseError          Platform returned an error
    ├── RejectedError      400, 422 and all others not listed below
    ├── AuthError          401, 403
    ├── NotFoundError      404, and the equivalent 400 of Flow Service
    ├── ConflictError      409, 412
    ├── ThrottledError     429
    └── OutageError        5xx
"""

from typing import Self


class AepError(Exception):
    """The base class. Its message is one sentence: what failed, for which object, why, what to do, and the request id."""

    subject: str = ""

    def __init_subclass__(cls) -> None:
        # The dynamic-provider host prefixes an exception with its module's name, except for built-in ones. This way users
        # see `RejectedError: dataset "crm": …` without a module path.
        super().__init_subclass__()
        cls.__module__ = "builtins"

    def __copy__(self) -> Self:
        """A copy: an error shared by several operations is reported for each object separately."""
        twin = type(self).__new__(type(self), *self.args)
        twin.__dict__.update(self.__dict__)
        return twin

    def about(self, subject: str) -> Self:
        """This error, with the object that it is about, e.g. `dataset "crm"`. The first subject is kept."""
        self.subject = self.subject or subject
        return self

    def advise(self, advice: str) -> Self:
        """This error, with further advice appended."""
        self.args = (f"{super().__str__()}; {advice}",)
        return self

    def __str__(self) -> str:
        sentence = super().__str__()
        return f"{self.subject}: {sentence}" if self.subject else sentence


AepError.__module__ = "builtins"


class SettingsError(AepError):
    """A setting is missing or invalid. Nothing was sent."""


class GuardError(AepError):
    """The change would lose data and the stack does not allow that, or Platform is known to reject it. Nothing was sent."""


class OccupiedError(GuardError):
    """Another object already uses what this one needs exclusively. Nothing was sent."""


class JournalError(AepError):
    """A create cannot be recorded in the journal. Nothing was sent."""


class AmbiguousError(AepError):
    """A create may have succeeded, but its object cannot be identified. Nothing was adopted."""


class UnexpectedError(AepError):
    """A response of Platform or the state of a stack has a format that the provider cannot process."""


class DeadlineError(AepError):
    """The operation reached its deadline (`aep:deadlineS`). Nothing more was sent."""


class UnreachableError(AepError):
    """No connection could be established, so nothing was sent."""


class TimedOutError(AepError):
    """The request was sent, but no complete response was received: it may have taken effect."""


class UnreadableError(TimedOutError):
    """The response is too large or nested too deep: the request may have taken effect, and a retry would fail again."""


class ResponseError(AepError):
    """Platform returned an error.

    Attributes:
        status: the HTTP status.
        code: Adobe's error code, such as `1362-400` or `XDM-1521-400`, or "".
        message: Adobe's error message, or "".
        request_id: the request id, which Adobe's support asks for, or "".
    """

    def __init__(
        self,
        *,
        status: int,
        method: str,
        path: str,
        code: str = "",
        message: str = "",
        request_id: str = "",
        hint: str = "",
    ) -> None:
        self.status, self.method, self.path = status, method, path
        self.code, self.message, self.request_id = code, message, request_id
        shown = " ".join(filter(None, (str(status), code if code != str(status) else "")))
        sentence = f"Platform returned {shown} for {method} {path}"
        if message:
            sentence += f": {message.rstrip('. ')}"
        if hint:
            sentence += f"; {hint}"
        super().__init__(sentence)

    def __str__(self) -> str:
        return super().__str__() + (f" (request id {self.request_id})" if self.request_id else "")


class RejectedError(ResponseError):
    """Platform rejected the request (400, 422): a retry would fail again."""


class AuthError(ResponseError):
    """The credential is invalid (401) or lacks a permission (403)."""


class NotFoundError(ResponseError):
    """The object does not exist on Platform."""


class ConflictError(ResponseError):
    """The object was changed by somebody else in the meantime (412), or already exists (409)."""


class ThrottledError(ResponseError):
    """Platform throttled the request (429)."""


class OutageError(ResponseError):
    """A server error (5xx): a write may have taken effect."""
