"""Guard: protects sandboxes of type production against writes that the stack does not allow. No I/O."""

from aep_pulumi.errors import GuardError
from aep_pulumi.kinds import KINDS
from aep_pulumi.settings import Settings

DEVELOPMENT, PRODUCTION = "development", "production"

_GUARDED = tuple(f"{kind.path}/" for kind in KINDS if kind.is_guarded)
"""Schemas and datasets, and what determines the meaning of their rows: field groups and identity descriptors."""


def check_write(settings: Settings, sandbox_type: str, method: str, path: str) -> None:
    """Reject a write that the stack does not allow in a sandbox of this type.

    Raises:
        GuardError: why the request was not sent, and which setting allows it.
    """
    if sandbox_type == DEVELOPMENT:
        return
    shown = sandbox_type if sandbox_type == PRODUCTION else f"{sandbox_type or 'unknown'}, which counts as production"
    where = f"{method} {path} was not sent: sandbox {settings.sandbox!r} of {settings.organization} is of type {shown}"
    # The engine keeps the provider's settings in the state, and reads newer ones from the program only in `up`.
    destroy = "; for `pulumi destroy`, run `pulumi up` first or add --run-program" if method == "DELETE" else ""
    if not settings.allow_production:
        raise GuardError(
            f"{where}; to allow this stack to write to it, run `pulumi config set aep:allowProduction true`{destroy}"
        )
    if method == "DELETE" and path.startswith(_GUARDED) and not settings.allow_destructive:
        raise GuardError(
            f"{where}, and deleting this object would lose data permanently; to allow that, also run "
            f"`pulumi config set aep:allowDestructive true`{destroy}"
        )
