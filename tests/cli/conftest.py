"""Fixtures: imports the helpers of the client tests (a local Platform) and of those with the real engine (a filled sandbox)."""

import sys
from pathlib import Path

sys.path += [str(Path(__file__).parents[1] / "client"), str(Path(__file__).parents[1] / "engine")]
