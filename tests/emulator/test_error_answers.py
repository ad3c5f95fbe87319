"""Error responses: each mutation in the table is rejected, and the valid request is accepted."""

from __future__ import annotations

from collections import Counter

import pipelines
import pytest
from errors_table import CLOCK_ROWS, ROWS, STRICT_ROWS, Row
from pipelines import Pipeline
from plain_client import Platform, code_of


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_an_invalid_request_is_rejected_and_the_valid_one_is_accepted(row: Row, platform: Platform, pipeline: Pipeline) -> None:
    request = row.valid(platform, pipeline)

    rejected = platform.send(row.mutate(request, platform, pipeline))
    assert (rejected.status_code, code_of(rejected)) == (row.status, row.code), rejected.text

    accepted = platform.send(request)
    assert accepted.ok, accepted.text


@pytest.mark.parametrize("row", STRICT_ROWS, ids=[row.name for row in STRICT_ROWS])
def test_only_strict_mode_rejects_what_platform_does_not_know(row: Row, strict_platform: Platform, platform: Platform) -> None:
    strict_pipeline, pipeline = pipelines.create_pipeline(strict_platform), pipelines.create_pipeline(platform)
    request = row.valid(strict_platform, strict_pipeline)
    rejected = strict_platform.send(row.mutate(request, strict_platform, strict_pipeline))
    assert (rejected.status_code, code_of(rejected)) == (row.status, row.code), rejected.text
    assert strict_platform.send(request).ok

    request = row.valid(platform, pipeline)
    accepted = platform.send(row.mutate(request, platform, pipeline))
    assert accepted.ok, accepted.text


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_strict_mode_rejects_whatever_platform_rejects(row: Row, strict_platform: Platform, strict_pipeline: Pipeline) -> None:
    request = row.valid(strict_platform, strict_pipeline)
    rejected = strict_platform.send(row.mutate(request, strict_platform, strict_pipeline))
    assert (rejected.status_code, code_of(rejected)) == (row.status, row.code), rejected.text
    accepted = strict_platform.send(request)
    assert accepted.ok, accepted.text


def test_row_names_are_unique() -> None:
    assert [name for name, times in Counter(row.name for row in (*ROWS, *CLOCK_ROWS, *STRICT_ROWS)).items() if times > 1] == []
