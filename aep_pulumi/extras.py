"""Extras: the optional dependencies of the package, and the error for a missing extra."""

from importlib.util import find_spec

from aep_pulumi.errors import SettingsError

MODULES = {
    "cli": ("click", "rich"),
    "fleet": ("distributed",),
    "local": ("duckdb", "jsonpatch", "jsonschema", "jsonschema_rs", "mimesis", "starlette", "ua_parser", "uvicorn"),
    "policies": ("pulumi_policy",),
    "postgres": ("psycopg",),
    "bucket": ("obstore",),
}
"""The modules that each extra installs besides those of the extras that it includes, by import name."""


class MissingExtraError(SettingsError):
    """A feature needs an extra that is not installed."""


def require(extra: str, what: str) -> None:
    """Check that an extra is installed, without importing any of it.

    Args:
        extra: the name in `pip install "aep-pulumi[NAME]"`.
        what: what needs it, including the verb, such as `the commands need`.

    Raises:
        MissingExtraError: it is not installed.
    """
    if any(find_spec(module) is None for module in MODULES[extra]):
        raise MissingExtraError(f'{what} the extra {extra}: pip install "aep-pulumi[{extra}]"')
