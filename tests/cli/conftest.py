"""Fixtures: the client's tests know how to run a local Platform."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "client"))
