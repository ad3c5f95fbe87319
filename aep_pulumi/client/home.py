"""Home: the folder beside a project in which what is local to it is kept."""

import os
from pathlib import Path

HOME_VARIABLE = "AEP_HOME"
"""Names another folder for the local Platform's objects than `.aep` beside the nearest `Pulumi.yaml`."""

STRICT_VARIABLE = "AEP_LOCAL_STRICT"
"""At 1 when the local Platform starts, makes it reject unknown fields and query parameters, which Platform accepts."""


def home(start: Path | None = None) -> Path:
    """The folder in which the local Platform keeps its objects: shared by all processes of a checkout."""
    if named := os.environ.get(HOME_VARIABLE):
        return Path(named).resolve()
    here = (start or Path.cwd()).resolve()
    project = next((folder for folder in (here, *here.parents) if (folder / "Pulumi.yaml").is_file()), here)
    return project / ".aep"
