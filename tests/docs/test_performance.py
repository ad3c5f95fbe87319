"""`docs/performance.md` shows the committed measurements."""

import runpy
from pathlib import Path

TOOL = runpy.run_path(str(Path(__file__).parents[2] / "tools" / "bench" / "page.py"))


def test_the_tables_are_those_of_the_measurements() -> None:
    text = TOOL["PAGE"].read_text()
    assert TOOL["page"](text) == text, "run `python tools/bench/page.py`"
