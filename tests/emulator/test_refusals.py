"""Every refusal of the table, and its twin that passes."""

from __future__ import annotations

from collections import Counter

import pytest
from pipelines import Pipeline
from plain_client import Platform, code_of
from refusals_table import LATER_ROWS, ROWS, Row


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_a_breach_is_refused_and_its_twin_passes(row: Row, platform: Platform, pipeline: Pipeline) -> None:
    ask = row.valid(platform, pipeline)

    refused = platform.send(row.spoil(ask, platform, pipeline))
    assert (refused.status_code, code_of(refused)) == (row.status, row.code), refused.text

    passed = platform.send(ask)
    assert passed.ok, passed.text


def test_each_row_is_another_one() -> None:
    assert [name for name, times in Counter(row.name for row in (*ROWS, *LATER_ROWS)).items() if times > 1] == []
