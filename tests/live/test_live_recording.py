"""The built-in recording: the tutorial's pipeline gets the same responses from a real Platform as from the local one."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ground import LOGIN


@pytest.mark.usefixtures("sandbox")
def test_the_tutorials_requests_get_the_same_responses(tmp_path: Path) -> None:
    login = {_variable(name): value for name, value in json.loads(os.environ.get(LOGIN, "{}")).items()}
    ran = subprocess.run(
        [sys.executable, "-m", "aep_pulumi", "platform", "compare", "--yes", "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
        # No stack, whose config would precede the variables.
        cwd=tmp_path,
        env=os.environ | login,
    )
    assert ran.returncode in {0, 2}, ran.stderr
    document = json.loads(ran.stdout)
    assert document["compared"] > 0
    assert document["differences"] == []


def _variable(parameter: str) -> str:
    """The variable of a secret, as the recording names it."""
    return "AEP_SECRET_" + re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", parameter).upper()
