"""The layout: one folder per service, and a maximum module length."""

from __future__ import annotations

from pathlib import Path

import aep_pulumi.emulator
from aep_pulumi.emulator.core.server import SERVICES

PACKAGE = Path(aep_pulumi.emulator.__file__).parent


def test_each_service_folder_documents_its_base_path() -> None:
    texts = [path.with_name("__init__.py").read_text(encoding="utf-8") for path in PACKAGE.glob("*/routes.py")]
    for service in SERVICES:
        assert sum(f"`{service.base}`" in text for text in texts) == 1, service.base


def test_no_module_is_longer_than_400_lines() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in PACKAGE.rglob("*.py")}
    assert [path for path, length in lengths.items() if length > 400] == []
