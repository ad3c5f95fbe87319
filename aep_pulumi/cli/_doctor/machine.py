"""Machine: local checks of versions, Pulumi's backend, the stack and its passphrase, and the remains of killed runs."""

import os
import platform
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from importlib import metadata

from aep_pulumi.cli._doctor.examination import Examination, password_in
from aep_pulumi.cli._doctor.findings import Finding, Status, error, failed, not_checked, ok, warning
from aep_pulumi.cli._locks import Locked
from aep_pulumi.cli._stack import Stack, pending_in, resources_of
from aep_pulumi.client.redaction import redacted
from aep_pulumi.errors import SettingsError
from aep_pulumi.journals.entries import Entry, of_stack
from aep_pulumi.journals.here import journal_here
from aep_pulumi.review.wording import counted
from aep_pulumi.settings import Settings

_OLDEST_PYTHON = (3, 11)
_PROVIDER, _SDK = "aep-pulumi", "pulumi"
_PASSPHRASE, _PASSPHRASE_FILE = "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"
_ENDPOINT = "AEP_ENDPOINT"
_INSTALL = (
    "install it: https://www.pulumi.com/docs/iac/download-install/ "
    '(in a checkout of aep-pulumi: `make engine`, then `eval "$(make env)"`)'
)
_PRINT_VERSIONS = "import sys, importlib.metadata as m; print(*map(m.version, sys.argv[1:]))"
_PROGRAM_S = 30.0
"""The time limit for reading the versions from the program's Python, in seconds."""


def packages(_examination: Examination) -> Iterator[Finding]:
    """Python, and the packages in this command's environment."""
    python = platform.python_version()
    if tuple(map(int, platform.python_version_tuple()[:2])) < _OLDEST_PYTHON:
        needed = ".".join(map(str, _OLDEST_PYTHON))
        yield error("Python", f"{python} is too old", f"use Python {needed} or newer")
    else:
        yield ok("Python", python)
    yield ok(_PROVIDER, metadata.version(_PROVIDER))
    yield ok("Pulumi SDK", metadata.version(_SDK))


def pulumi_cli(examination: Examination) -> Iterator[Finding]:
    """Pulumi's CLI, whose major version must be the SDK's."""
    try:
        pulumi = Stack(examination.chosen)
    except SettingsError:
        yield error("Pulumi CLI", "`pulumi` is not on PATH", _INSTALL)
        return
    version = pulumi.version()
    sdk = metadata.version(_SDK)
    if version.partition(".")[0] != sdk.partition(".")[0]:
        yield error("Pulumi CLI", f"{version}, but the SDK is {sdk}: their major versions must be equal", _INSTALL)
        return
    examination.pulumi = pulumi
    yield ok("Pulumi CLI", version)


def program_python(examination: Examination) -> Iterator[Finding]:
    """The Python with which Pulumi runs the program: this package must be installed there."""
    subject = "Program's Python"
    runtime = _pulumi(examination).about().get("runtime") or {}
    executable = str(runtime.get("executable") or "")
    if runtime.get("language") != "python" or not executable:
        yield warning(
            subject,
            "unknown: Pulumi reports no Python for this folder",
            "run this in the project's folder; if it persists, `pulumi about` shows what is wrong",
        )
        return
    reported = _versions(executable)
    here = [metadata.version(_PROVIDER), metadata.version(_SDK)]
    if reported is None:
        action = f"`{executable} -m pip install aep-pulumi`, or set the right `virtualenv` in Pulumi.yaml"
        yield error(subject, f"aep-pulumi is not installed for {executable}, so `pulumi up` cannot run the program", action)
    elif reported != here:
        message = f"{executable} has aep-pulumi {reported[0]} and pulumi {reported[1]}, this command {here[0]} and {here[1]}"
        yield warning(subject, message, "run `aep` from the program's own environment")
    else:
        yield ok(subject, f"{runtime.get('version')}, {executable}")


def _versions(executable: str) -> list[str] | None:
    """The versions of the provider and the SDK in another environment, or None if they are not installed there."""
    command = [executable, "-c", _PRINT_VERSIONS, _PROVIDER, _SDK]
    try:
        ran = subprocess.run(  # noqa: S603 - the Python that Pulumi would run
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=_PROGRAM_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ran.stdout.split() if ran.returncode == 0 else None


def backend(examination: Examination) -> Iterator[Finding]:
    """Pulumi's state backend."""
    try:
        identity = _pulumi(examination).backend()
    except SettingsError as failure:
        yield failed("Backend", failure, "`pulumi login`, or set PULUMI_BACKEND_URL")
        return
    url = str(identity.get("url"))
    yield ok("Backend", f"{redacted(url, [password_in(url)])}, as {identity.get('user')}")


def stack(examination: Examination) -> Iterator[Finding]:
    """The stack: the selected one, or the one given on the command line."""
    pulumi = _pulumi(examination)
    try:
        name = pulumi.name()
    except SettingsError as failure:
        if examination.chosen:
            yield failed("Stack", failure, "`pulumi stack ls --all` lists those that exist")
        else:
            # Other checks can run even before the first stack is created.
            finding = failed("Stack", failure, "`pulumi stack select NAME` in the project's folder", Status.WARNING)
            yield replace(finding, blocks=True)
        return
    state = pulumi.export()
    examination.stack, examination.state = name, state
    count = sum(1 for each in resources_of(state) if each.kind)
    yield ok("Stack", f"{name}: {counted(count, 'object')} of Platform in its state")


def passphrase(examination: Examination) -> Iterator[Finding]:
    """The passphrase, or the secrets provider, that decrypts the stack's secrets."""
    subject = "Passphrase"
    pulumi, state = _pulumi(examination), examination.state or {}
    provider = str(((state.get("deployment") or {}).get("secrets_providers") or {}).get("type") or "")
    named = next((variable for variable in (_PASSPHRASE, _PASSPHRASE_FILE) if variable in os.environ), "")
    action = f"set {_PASSPHRASE} or {_PASSPHRASE_FILE} to the passphrase that the stack was created with"
    try:
        config = pulumi.config()
        pulumi.decrypt_outputs()
    except SettingsError as failure:
        yield failed(subject, failure, action)
        return
    examination.config = config
    if provider == "passphrase" and not named:
        yield error(
            subject,
            f"neither {_PASSPHRASE} nor {_PASSPHRASE_FILE} is set, but the stack's secrets are encrypted with a passphrase",
            action,
        )
    elif provider in {"", "passphrase"}:
        yield ok(subject, f"set by {named}" if named else "not required yet")
    else:
        yield ok(subject, f"not required: the stack's secrets provider is {provider}")


def settings(examination: Examination) -> Iterator[Finding]:
    """The provider's settings, from the stack's config and environment variables."""
    config = examination.config
    if config is None and examination.state is not None:
        yield not_checked("Settings", "Passphrase")
        return
    if config is None and not os.environ.get(_ENDPOINT):
        # Without a stack, the endpoint would default to the local Platform, which the user may not intend to use.
        action = f"select a stack, or set {_ENDPOINT} and the other AEP_* variables"
        yield replace(not_checked("Settings", "Stack"), action=action)
        return
    try:
        result = Settings.read(config or {})
    except SettingsError as failure:
        for reason in str(failure).split("; "):
            yield error("Settings", reason, "")
        return
    examination.use(result)
    where = "the local Platform" if result.is_local else result.endpoint
    source = "the stack's config" if config is not None else "environment variables only"
    yield ok("Settings", f"{where}, sandbox {result.sandbox}, client {result.client_id}, from {source}")


def pending_operations(examination: Examination) -> Iterator[Finding]:
    """The writes of killed runs, whose outcome is unknown."""
    subject = "Pending operations"
    operations = pending_in(examination.state)
    if not operations:
        yield ok(subject, "none in the stack's state")
    for operation, resource in operations:
        message = f"a killed run was {operation} {resource.kind or resource.type} {resource.name}: its outcome is unknown"
        yield warning(subject, message, "`pulumi cancel`, then `aep recover`, before the next `pulumi up`")


def locks(examination: Examination) -> Iterator[Finding]:
    """Locks of the stack, which a killed run leaves behind."""
    subject = "Locks"
    found = Locked.of(examination.stack).described()
    if not found:
        yield ok(subject, "none")
    for lock in found:
        yield warning(subject, lock, "if that run has ended, `aep recover --clear-locks` removes it")


def journal(examination: Examination) -> Iterator[Finding]:
    """Pending journal entries: creates that were sent and whose outcome is unknown."""
    subject = "Journal"
    entries = journal_here().pending()
    known = bool(examination.stack)
    pending = list(of_stack(entries, examination.settings, examination.stack)) if known else _abandoned(entries)
    if not pending:
        yield ok(subject, "no pending create" + (" of this stack" if known else ""))
    for entry in pending:
        message = f"a create of {entry.kind or 'an object'} {entry.name} was sent, and its outcome is unknown"
        message += "" if known else f" (stack {entry.stack or 'unknown'})"
        action = "`aep recover` reads Platform and resolves it" if not entry.candidates else "`aep recover` lists the candidates"
        yield warning(subject, message, f"{action}; `aep recover --dry-run` changes nothing")


def _abandoned(entries: list[Entry]) -> list[Entry]:
    return [entry for entry in entries if not entry.is_alive]


def _pulumi(examination: Examination) -> Stack:
    if examination.pulumi is None:
        raise AssertionError("a check that runs pulumi must need cli")
    return examination.pulumi
