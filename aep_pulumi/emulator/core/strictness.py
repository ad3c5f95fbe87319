"""Strictness: whether a request may contain fields and query parameters that the local Platform does not know.

Adobe's OpenAPI files leave bodies open, so unknown fields are accepted by default. Strict mode is not Adobe's: tests of a
client use it to find misspelt fields.
"""

# Module state, because each process runs exactly one Platform.
_mode: dict[str, bool] = {"strict": False}


def is_strict() -> bool:
    """True if unknown fields and query parameters are rejected."""
    return _mode["strict"]


def set_strict(*, strict: bool) -> None:
    """Reject unknown fields and query parameters, or accept them."""
    _mode["strict"] = strict
