"""Error responses: each mutation in the table is rejected, and the valid request is accepted."""

from __future__ import annotations

from collections import Counter

import pytest
from errors_table import CLOCK_ROWS, ROWS, Row
from pipelines import Pipeline
from plain_client import Platform, code_of


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_an_invalid_request_is_rejected_and_the_valid_one_is_accepted(row: Row, platform: Platform, pipeline: Pipeline) -> None:
    request = row.valid(platform, pipeline)

    rejected = platform.send(row.mutate(request, platform, pipeline))
    assert (rejected.status_code, code_of(rejected)) == (row.status, row.code), rejected.text

    accepted = platform.send(request)
    assert accepted.ok, accepted.text


def test_row_names_are_unique() -> None:
    assert [name for name, times in Counter(row.name for row in (*ROWS, *CLOCK_ROWS)).items() if times > 1] == []
