"""Every error of the table, and a request that differs by its mistake alone and passes."""

from __future__ import annotations

from collections import Counter

import pytest
from errors_table import LATER_ROWS, ROWS, Row
from pipelines import Pipeline
from plain_client import Platform, code_of


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_a_mistake_is_rejected_and_the_request_without_it_passes(row: Row, platform: Platform, pipeline: Pipeline) -> None:
    ask = row.valid(platform, pipeline)

    rejected = platform.send(row.spoil(ask, platform, pipeline))
    assert (rejected.status_code, code_of(rejected)) == (row.status, row.code), rejected.text

    passed = platform.send(ask)
    assert passed.ok, passed.text


def test_each_row_is_another_one() -> None:
    assert [name for name, times in Counter(row.name for row in (*ROWS, *LATER_ROWS)).items() if times > 1] == []
