"""Address: the URL of the local Platform, for links to its own endpoints."""

# Module state, because each process runs exactly one Platform.
_address = {"url": ""}


def url() -> str:
    """The URL under which the local Platform listens, without a path."""
    return _address["url"]


def set_url(listening_on: str) -> None:
    """Set the URL under which the local Platform listens."""
    _address["url"] = listening_on
