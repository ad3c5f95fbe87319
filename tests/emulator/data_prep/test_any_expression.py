"""Fuzzing: an expression is refused or mapped, whatever it is and whatever the row; it never fails in another way."""

from __future__ import annotations

import copy
import json

from hypothesis import given, strategies as st
from mapping_previews import FIELDS
from pipelines import Json

from aep_pulumi.emulator.data_prep.evaluation import FUNCTIONS
from aep_pulumi.emulator.data_prep.functions.page import NAMES
from aep_pulumi.emulator.data_prep.mapper import Mapper
from aep_pulumi.emulator.data_prep.operators import documents

COLUMNS = ("a", "b", "c")
SIGNS = sorted({each["operatorSymbol"] for each in documents() if each["numberOfOperands"] == 2})
# Values that the functions take, so that more than their first check is reached.
WORDS = (
    "",
    "a=1:2,b",
    "2020-12-31",
    "yyyy-MM-dd",
    "year",
    "UTC",
    "https://x.org/?a=1#b",
    "[1]",
    "(a)",
    "-1",
    "1.5",
    "999999999999999999999",
)
NUMBERS = st.integers(-3, 20) | st.sampled_from([2**31, 10**30, 0.5, 1e300])

VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.sampled_from(WORDS) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(COLUMNS), inner, max_size=3),
    max_leaves=6,
)
ROWS = st.fixed_dictionaries({}, optional=dict.fromkeys(COLUMNS, VALUES))

_LEAVES = (
    st.sampled_from(["null", "true", "false", *COLUMNS, "a.b", "a[0]", "a[*].b", "${a.b}", "x"])
    | st.sampled_from(WORDS).map(json.dumps)
    | st.integers(0, 99).map(str)
)


def _calls(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Calls of functions, most with as many arguments as they take."""

    def call(name: str) -> st.SearchStrategy[str]:
        function = FUNCTIONS.get(name)
        least, most = (0, 3) if function is None else (function.least, function.most or function.least + 3)
        return st.lists(inner, min_size=least, max_size=most).map(lambda arguments: f"{name}({', '.join(arguments)})")

    anyhow = st.builds("{}({})".format, st.sampled_from(sorted(NAMES)), st.lists(inner, max_size=8).map(", ".join))
    return st.sampled_from(sorted(NAMES)).flatmap(call) | anyhow


EXPRESSIONS = st.recursive(
    _LEAVES,
    lambda inner: (
        _calls(inner)
        | st.builds("({} {} {})".format, inner, st.sampled_from(SIGNS), inner)
        | st.builds("{}({})".format, st.sampled_from(["!", "-", "~", "+"]), inner)
        | st.builds("{}.get({})".format, inner, inner)
        | st.builds("{}({}, x -> {})".format, st.sampled_from(["filterArray", "transformArray"]), inner, inner)
        | st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.builds("{{{}: {}}}".format, inner, inner)
        | st.builds("({} ? {} : {})".format, inner, inner, inner)
        | st.builds("{}[{}]".format, inner, inner)
    ),
    max_leaves=10,
)
DESTINATIONS = st.sampled_from(
    [*FIELDS, "items[*].sku", "items[2].price", "items.tags", "texts[1]", "map.key", "address.city", "absent"]
)
SOURCES = st.tuples(st.just("EXPRESSION"), EXPRESSIONS | st.text(max_size=12)) | st.tuples(
    st.just("ATTRIBUTE"), st.text(max_size=12)
)


@given(ROWS, st.lists(st.tuples(SOURCES, DESTINATIONS), max_size=3), st.booleans())
def test_every_row_is_mapped_or_has_errors(row: Json, mappings: list[tuple[tuple[str, str], str]], allows_nulls: bool) -> None:  # noqa: FBT001
    named = [{"sourceType": kind, "source": source, "destination": destination} for (kind, source), destination in mappings]
    before = copy.deepcopy(row)
    mapped = Mapper({"mappings": named, "allowNullValues": allows_nulls}, FIELDS).map(row)
    assert json.loads(json.dumps(mapped.data, allow_nan=False)) == mapped.data
    assert row == before
    for error in mapped.errors:
        assert error["exception"].endswith(".")
        assert {name: error[name] for name in ("sourceType", "source", "destination")} in named
