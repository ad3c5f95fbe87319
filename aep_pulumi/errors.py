"""Errors: what can go wrong, each in one sentence.

AepError
├── SettingsError          before any request: what is missing or wrong, and where to set it
├── GuardError             before any request: the change would lose data, and how to allow that
│   └── OccupiedError      something else already has what the object must have alone
├── JournalError           before any request: a create cannot be recorded
├── AmbiguousError         a create may have happened, and nobody can prove which object it made
├── UnexpectedError        an answer or a state that the provider cannot process: what to report
├── DeadlineError          the operation's time is over: nothing more was sent
├── UnreachableError       no connection: nothing was sent
├── TimedOutError          sent, but no answer: it may have happened
│   └── UnreadableError    an answer that is too large or nested too deep: it may have happened
└── AnswerError            Platform answered, and not with what was asked for
    ├── RejectedError       400, 422 and what is not named below
    ├── AuthError          401, 403
    ├── NotFoundError      404, and Flow Service's 400 that means the same
    ├── ConflictError      409, 412
    ├── ThrottledError     429
    └── OutageError        5xx
"""

from typing import Self


class AepError(Exception):
    """The root. Its text is one sentence: what, which, why, what to do, and the request id last."""

    subject: str = ""

    def __init_subclass__(cls) -> None:
        # The dynamic-provider host prints an exception with its module's name, save for built-in ones: so the user
        # reads `RejectedError: dataset "crm": …` and no path of ours.
        super().__init_subclass__()
        cls.__module__ = "builtins"

    def __copy__(self) -> Self:
        """The same error once more: a failure that several operations share is told of each object by itself."""
        twin = type(self).__new__(type(self), *self.args)
        twin.__dict__.update(self.__dict__)
        return twin

    def about(self, subject: str) -> Self:
        """The same error, naming the object it is about, e.g. `dataset "crm"`. The first name given stays."""
        self.subject = self.subject or subject
        return self

    def advise(self, what: str) -> Self:
        """The same error, saying what can be done about it as well."""
        self.args = (f"{super().__str__()}; {what}",)
        return self

    def __str__(self) -> str:
        sentence = super().__str__()
        return f"{self.subject}: {sentence}" if self.subject else sentence


AepError.__module__ = "builtins"


class SettingsError(AepError):
    """A setting is missing or wrong. Nothing was sent."""


class GuardError(AepError):
    """The change would lose data and the stack does not allow that, or Platform is known to refuse it. Nothing was sent."""


class OccupiedError(GuardError):
    """Something else already has what the object must have alone. Nothing was sent."""


class JournalError(AepError):
    """A create cannot be recorded in the journal. Nothing was sent."""


class AmbiguousError(AepError):
    """A create may have happened, and nobody can prove which object it made. Nothing was adopted."""


class UnexpectedError(AepError):
    """An answer of Platform's or a stack's state is of a form that the provider cannot process."""


class DeadlineError(AepError):
    """The operation's time (`aep:deadlineS`) is over. Nothing more was sent."""


class UnreachableError(AepError):
    """No connection came about, so nothing was sent."""


class TimedOutError(AepError):
    """The request was sent and no whole answer came: it may have happened."""


class UnreadableError(TimedOutError):
    """The answer is too large or nested too deep to be read: it may have happened, and sending it again changes nothing."""


class AnswerError(AepError):
    """Platform answered with a failure.

    Attributes:
        status: the HTTP status.
        code: Adobe's own code where the answer holds one, such as `1362-400` or `XDM-1521-400`, else "".
        words: Adobe's own words.
        request_id: what Adobe's support asks for first, else "".
    """

    def __init__(
        self,
        *,
        status: int,
        method: str,
        path: str,
        code: str = "",
        words: str = "",
        request_id: str = "",
        hint: str = "",
    ) -> None:
        self.status, self.method, self.path = status, method, path
        self.code, self.words, self.request_id = code, words, request_id
        said = " ".join(filter(None, (str(status), code if code != str(status) else "")))
        sentence = f"Platform answered {said} to {method} {path}"
        if words:
            sentence += f": {words.rstrip('. ')}"
        if hint:
            sentence += f"; {hint}"
        super().__init__(sentence)

    def __str__(self) -> str:
        return super().__str__() + (f" (request id {self.request_id})" if self.request_id else "")


class RejectedError(AnswerError):
    """Platform refuses the request as it stands (400, 422): sending it again changes nothing."""


class AuthError(AnswerError):
    """Platform does not know us (401) or does not let us (403)."""


class NotFoundError(AnswerError):
    """Platform holds no such object."""


class ConflictError(AnswerError):
    """Somebody else changed the object meanwhile (412), or it exists already (409)."""


class ThrottledError(AnswerError):
    """Platform asks for fewer requests (429)."""


class OutageError(AnswerError):
    """Platform failed (5xx): a write may have happened."""
