"""Guard: what a stack must not do to a sandbox of type production. A decision, no I/O."""

from aep_pulumi.errors import GuardError
from aep_pulumi.kinds import KINDS
from aep_pulumi.settings import Settings

DEVELOPMENT, PRODUCTION = "development", "production"

_GUARDED = tuple(f"{kind.path}/" for kind in KINDS if kind.is_guarded)
"""Schemas and datasets, and what decides on the meaning of their rows: field groups and identity descriptors."""


def refuse(settings: Settings, sandbox_type: str, method: str, path: str) -> None:
    """Refuse a write that the stack does not allow in a sandbox of this type.

    Raises:
        GuardError: why it was not sent, and which setting allows it.
    """
    if sandbox_type == DEVELOPMENT:
        return
    shown = sandbox_type if sandbox_type == PRODUCTION else f"{sandbox_type or 'unknown'}, which counts as production"
    where = f"{method} {path} was not sent: sandbox {settings.sandbox!r} of {settings.organization} is of type {shown}"
    # The engine keeps a stack's settings in its state, and asks the program for newer ones in `up` alone.
    heard = "; `pulumi destroy` hears of that with --run-program, or after a `pulumi up`" if method == "DELETE" else ""
    if not settings.allow_production:
        raise GuardError(f"{where}; to let this stack write to it, `pulumi config set aep:allowProduction true`{heard}")
    if method == "DELETE" and path.startswith(_GUARDED) and not settings.allow_destructive:
        raise GuardError(
            f"{where}, and deleting this loses data for good; to accept that, `pulumi config set aep:allowDestructive true` "
            f"as well{heard}"
        )
