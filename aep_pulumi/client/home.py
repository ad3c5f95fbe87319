"""Home: the folder next to a project that holds its local data."""

import os
from pathlib import Path

HOME_VARIABLE = "AEP_HOME"
"""The folder of the local Platform's objects; defaults to `.aep` next to the nearest `Pulumi.yaml`."""

STRICT_VARIABLE = "AEP_LOCAL_STRICT"
"""At 1 when the local Platform starts, makes it reject unknown fields and query parameters, which Platform accepts."""

RECORD_VARIABLE = "AEP_LOCAL_RECORD"
"""A folder in which the local Platform records its requests and responses, as lines of JSON with secrets masked."""


def home(start: Path | None = None) -> Path:
    """The folder of the local Platform's objects, shared by all processes of a checkout."""
    if named := os.environ.get(HOME_VARIABLE):
        return Path(named).resolve()
    here = (start or Path.cwd()).resolve()
    project = next((folder for folder in (here, *here.parents) if (folder / "Pulumi.yaml").is_file()), here)
    return project / ".aep"
