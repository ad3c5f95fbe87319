"""Home: the folder of the local Platform's database and files."""

from pathlib import Path

# Module state, because each process runs exactly one Platform.
_folder: dict[str, Path] = {}


def folder() -> Path:
    """The folder of this process's database and files."""
    return _folder["home"]


def set_folder(path: Path) -> None:
    """Set the folder, when the process starts."""
    _folder["home"] = path
