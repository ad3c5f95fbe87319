"""Fixtures: imports the helpers of other folders: a local Platform, and a sandbox that people have filled."""

import sys
from pathlib import Path

sys.path += [str(Path(__file__).parents[1] / "client"), str(Path(__file__).parents[1] / "engine")]
