"""Fixtures: imports the helpers of the tests with the real engine, which fill a sandbox."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "engine"))
