"""Open mode: the kinds conform on a local Platform that accepts unknown fields, too; all other tests run in strict mode."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sandbox import IS_LIVE

from aep_pulumi.resources import KINDS

TESTS = (
    "test_after_create_and_refresh_a_preview_reports_no_changes",
    "test_an_update_without_changes_sends_no_requests",
    "test_a_deleted_object_no_longer_exists_and_deleting_twice_succeeds",
)


@pytest.mark.slow
@pytest.mark.skipif(IS_LIVE, reason="a real sandbox has no modes")
@pytest.mark.skipif(os.environ.get("AEP_LOCAL_STRICT") == "0", reason="all tests run in open mode")
def test_every_kind_conforms_in_open_mode() -> None:
    suite = Path(__file__).with_name("test_conformance.py")
    command = [sys.executable, "-m", "pytest", "--quiet", "-p", "no:cacheprovider", "-p", "no:xdist"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    ended = subprocess.run(
        [*command, *(f"{suite}::{name}" for name in TESTS)],
        env={**environment, "AEP_LOCAL_STRICT": "0"},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    passed = re.search(r"(\d+) passed", ended.stdout)
    assert passed, ended.stdout
    assert int(passed[1]) >= len(KINDS) * len(TESTS)
