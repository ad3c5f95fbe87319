"""Backend: where the engine keeps the state of this project's stacks, as its CLI determines it. The journal is kept beside it."""

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from aep_pulumi.client.home import home

BACKEND_VARIABLE = "PULUMI_BACKEND_URL"
_POSTGRES = frozenset({"postgres", "postgresql"})
_BUCKETS = frozenset({"s3", "gs", "azblob"})
_FILE = "file://"
_SECRET_PARAMETERS = frozenset({"password", "sslpassword"})

Kind = Literal["folder", "postgres", "bucket"]


def current(folder: Path | None = None) -> str:
    """The URL of the state backend: from the environment, the project's file, or the last `pulumi login`; "" if none says.

    Args:
        folder: a folder of the project; defaults to the current one.
    """
    return os.environ.get(BACKEND_VARIABLE, "") or _of_project(folder or Path.cwd()) or _of_login()


def kind(url: str) -> Kind:
    """Where the journal of a backend is: in the same database or bucket, or in a folder of this machine."""
    scheme = url.partition("://")[0]
    return "postgres" if scheme in _POSTGRES else "bucket" if scheme in _BUCKETS else "folder"


def shown(url: str) -> str:
    """A backend as messages name it: without credentials and parameters."""
    parts = urlsplit(url)
    address = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{address}{parts.path}" if parts.scheme else url


def secrets_in(url: str) -> list[str]:
    """The passwords in a URL, encoded and decoded."""
    parts = urlsplit(url)
    raw = parts.netloc.rpartition("@")[0].partition(":")[2]
    parameters = [value for name in _SECRET_PARAMETERS for value in parameters_of(parts).get(name, [])]
    return [each for each in {raw, unquote(raw), *parameters} if each]


def parameters_of(parts: SplitResult) -> Mapping[str, list[str]]:
    """The query parameters of a URL."""
    return parse_qs(parts.query, keep_blank_values=True)


def folder_of(url: str) -> Path:
    """The folder that the stacks of a backend share: beside the states of a file backend, otherwise the project's home folder."""
    if not url.startswith(_FILE):
        return home()
    return Path(url.removeprefix(_FILE).partition("?")[0] or ".").expanduser().resolve() / ".aep"


def _of_project(here: Path) -> str:
    project = next((each / "Pulumi.yaml" for each in (here, *here.parents) if (each / "Pulumi.yaml").is_file()), None)
    with suppress(OSError, ValueError):
        text = project.read_text(encoding="utf-8") if project else ""
        if re.search(r"^[\"']?backend[\"']?\s*:", text, re.MULTILINE):
            import yaml  # noqa: PLC0415 - the SDK's own dependency; most projects have no backend in their file

            return str(((yaml.safe_load(text) or {}).get("backend") or {}).get("url") or "")
    return ""


def _of_login() -> str:
    folder = os.environ.get("PULUMI_CREDENTIALS_PATH") or os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi"
    with suppress(OSError, ValueError, AttributeError, RuntimeError):
        return str(json.loads((Path(folder) / "credentials.json").read_text(encoding="utf-8")).get("current") or "")
    return ""
