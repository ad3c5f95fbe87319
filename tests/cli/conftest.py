"""Fixtures: imports the client tests' local Platform helpers."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "client"))
