"""Extras: what works only with an extra of the package installed, and the sentence that names it."""

from importlib.util import find_spec

from aep_pulumi.errors import SettingsError

MODULES = {
    "cli": ("click", "rich"),
    "local": ("jsonpatch", "jsonschema", "starlette", "uvicorn"),
    "policies": ("pulumi_policy",),
}
"""What each extra brings, by the names that are imported."""


class MissingExtraError(SettingsError):
    """A part of the package that is used needs an extra that is not installed."""


def require(extra: str, what: str) -> None:
    """Check that an extra is installed, without importing any of it.

    Args:
        extra: its name in `pip install "aep-pulumi[NAME]"`.
        what: what needs it, with the verb, as in `the commands need`.

    Raises:
        MissingExtraError: it is not.
    """
    if any(find_spec(module) is None for module in MODULES[extra]):
        raise MissingExtraError(f'{what} the extra {extra}: pip install "aep-pulumi[{extra}]"')
