"""Findings: what a check reports, and how checks that depend on each other are run."""

import enum
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from aep_pulumi.cli._doctor.examination import Examination
from aep_pulumi.client.redaction import redacted
from aep_pulumi.errors import AepError, AnswerError


class Status(enum.Enum):
    """How a finding is to be read. The values are those of `--json`."""

    OK = "ok"
    WARNING = "warning"
    """Worth knowing; a run is not stopped by it."""
    ERROR = "error"
    """A run fails until it is corrected."""
    NOT_CHECKED = "not_checked"
    """What the check needs is missing."""


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    subject: str
    """What was looked at, such as `Dataset`."""
    status: Status
    message: str
    action: str = ""
    """What to do about it."""
    blocks: bool = False
    """Whether checks that need this one cannot be made. An error always blocks."""
    check: str = ""
    """The check's name: `run_checks` sets it."""

    @property
    def is_blocking(self) -> bool:
        """Whether checks that need this one cannot be made."""
        return self.blocks or self.status in {Status.ERROR, Status.NOT_CHECKED}


Run = Callable[[Examination], Iterable[Finding]]


@dataclass(frozen=True)
class Check:
    """A check, and what must be in order before it can be made."""

    name: str
    """Its stable name, for `--json`."""
    title: str
    """What a report calls it."""
    run: Run
    """Makes it. An error of ours that it raises is a finding."""
    needs: tuple[str, ...] = ()
    """The names of earlier checks; `name/subject` needs one of a check's findings alone."""


def ok(subject: str, message: str) -> Finding:
    """All is as it should be."""
    return Finding(subject, Status.OK, message)


def warning(subject: str, message: str, action: str) -> Finding:
    """Worth knowing; a run is not stopped by it."""
    return Finding(subject, Status.WARNING, message, action)


def error(subject: str, message: str, action: str) -> Finding:
    """A run fails until it is corrected."""
    return Finding(subject, Status.ERROR, message, action)


def not_checked(subject: str, needed: str) -> Finding:
    """What cannot be checked, because what it needs has failed or could not be checked itself."""
    return Finding(subject, Status.NOT_CHECKED, f"not checked: it needs the check of {needed} above")


def failed(subject: str, failure: AepError, action: str = "", status: Status = Status.ERROR) -> Finding:
    """What an error of ours says: its first clause is the message, what follows is what to do.

    Args:
        subject: what was looked at.
        failure: the error.
        action: what to do, where the error does not say.
        status: how it is to be read.
    """
    sentence = str(failure)
    request_id = f" (request id {failure.request_id})" if isinstance(failure, AnswerError) and failure.request_id else ""
    message, _, advice = sentence.removesuffix(request_id).partition("; ")
    return Finding(subject, status, message + request_id, advice or action)


def run_checks(checks: Sequence[Check], examination: Examination) -> Iterator[Finding]:
    """Make every check that can be made, in order; what it needs and is not in order is named for every other one."""
    titles = {check.name: check.title for check in checks}
    blocked: set[str] = set()
    for check in checks:
        for finding in _findings(check, titles, blocked, examination):
            if finding.is_blocking:
                blocked |= {check.name, f"{check.name}/{finding.subject}"}
            yield _without_secrets(replace(finding, check=check.name), examination.secrets)


def _findings(check: Check, titles: dict[str, str], blocked: set[str], examination: Examination) -> Iterator[Finding]:
    for need in check.needs:
        name, _, subject = need.partition("/")
        # A check that could not be made at all has one finding, by its title, and so none of the subject.
        if need in blocked or f"{name}/{titles[name]}" in blocked:
            about = f"{titles[name]} of {subject}" if subject and need in blocked else titles[name]
            yield not_checked(check.title, about)
            return
    try:
        yield from check.run(examination)
    except AepError as failure:
        yield failed(check.title, failure)


def _without_secrets(finding: Finding, secrets: Sequence[str]) -> Finding:
    return replace(finding, message=redacted(finding.message, secrets), action=redacted(finding.action, secrets))
