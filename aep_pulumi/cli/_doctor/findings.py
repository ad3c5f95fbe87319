"""Findings: the results of checks, and running checks that depend on each other."""

import enum
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from aep_pulumi.cli._doctor.examination import Examination
from aep_pulumi.client.redaction import redacted
from aep_pulumi.errors import AepError, ResponseError


class Status(enum.Enum):
    """The severity of a finding. The values are those of `--json`."""

    OK = "ok"
    WARNING = "warning"
    """It does not make a run fail."""
    ERROR = "error"
    """A run fails until it is fixed."""
    NOT_CHECKED = "not_checked"
    """A check that this one needs has failed."""


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    subject: str
    """What was checked, such as `Dataset`."""
    status: Status
    message: str
    action: str = ""
    """What to do about it."""
    blocks: bool = False
    """Whether checks that need this one are skipped. An error always blocks."""
    check: str = ""
    """The check's name: `run_checks` sets it."""

    @property
    def is_blocking(self) -> bool:
        """Whether checks that need this one are skipped."""
        return self.blocks or self.status in {Status.ERROR, Status.NOT_CHECKED}


Run = Callable[[Examination], Iterable[Finding]]


@dataclass(frozen=True)
class Check:
    """A check, and the checks that must have succeeded before it."""

    name: str
    """Its stable name, for `--json`."""
    title: str
    """Its name in the report."""
    run: Run
    """Runs it. An `AepError` that it raises becomes a finding."""
    needs: tuple[str, ...] = ()
    """The names of earlier checks. `name/subject` needs only one finding of a check."""


def ok(subject: str, message: str) -> Finding:
    """A finding without a problem."""
    return Finding(subject, Status.OK, message)


def warning(subject: str, message: str, action: str) -> Finding:
    """It does not make a run fail."""
    return Finding(subject, Status.WARNING, message, action)


def error(subject: str, message: str, action: str) -> Finding:
    """A run fails until it is fixed."""
    return Finding(subject, Status.ERROR, message, action)


def not_checked(subject: str, needed: str) -> Finding:
    """A finding for a check that was skipped because a check that it needs failed or was skipped."""
    return Finding(subject, Status.NOT_CHECKED, f"not checked: it needs the check of {needed} above")


def failed(subject: str, failure: AepError, action: str = "", status: Status = Status.ERROR) -> Finding:
    """A finding from an `AepError`: its first clause is the message, the rest is the action.

    Args:
        subject: what was checked.
        failure: the error.
        action: what to do, if the error does not include it.
        status: the severity.
    """
    sentence = str(failure)
    request_id = f" (request id {failure.request_id})" if isinstance(failure, ResponseError) and failure.request_id else ""
    message, _, advice = sentence.removesuffix(request_id).partition("; ")
    return Finding(subject, status, message + request_id, advice or action)


def run_checks(checks: Sequence[Check], examination: Examination) -> Iterator[Finding]:
    """Run all checks in order. If a check that another one needs has failed, that one is reported as not checked."""
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
        # A check that did not run at all has one finding, named by its title, and none for the subject.
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
