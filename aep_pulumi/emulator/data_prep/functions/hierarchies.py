"""Functions on objects, maps and arrays.

A map is an object whose keys are data. `map_get_values` returns the value alone, as the page's text and the troubleshooting guide
(`lower(map_get_values(mapObject, 'keyName'))`) have it; the page's sample shows the key beside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import zip_longest

from aep_pulumi.emulator.core.calls import read_json
from aep_pulumi.emulator.data_prep.expression_error import ArgumentError
from aep_pulumi.emulator.data_prep.functions.arguments import Function, array, boolean, defined, mapping, text

# --- objects --------------------------------------------------------------------------------------------------------


def _size_of(value: object) -> object:
    if value is None:
        return 0
    if not isinstance(value, str | list | dict):
        raise ArgumentError("the argument is neither a text nor an array nor an object")
    return len(value)


def _arrays_to_object(*pairs: object) -> object:
    columns = [(key, array(values)) for key, values in _pairs(pairs)]
    rows = zip_longest(*(values for _, values in columns), fillvalue=_ABSENT)
    keys = [key for key, _ in columns]
    return [{key: value for key, value in zip(keys, row, strict=True) if value is not _ABSENT} for row in rows]


_ABSENT = object()


def _pairs(values: tuple[object, ...]) -> Iterator[tuple[str, object]]:
    if len(values) % 2:
        raise ArgumentError("pairs of a key and a value are required")
    return ((text(key), value) for key, value in zip(values[::2], values[1::2], strict=True))


def _to_object(*pairs: object) -> object:
    return dict(_pairs(pairs))


def _split_pairs(value: object, between: object, after: object) -> dict[str, str]:
    value_delimiter, field_delimiter = text(between or ":"), text(after or ",")
    parts = (part.partition(value_delimiter) for part in text(value).split(field_delimiter))
    return {key.strip(): found.strip() for key, delimiter, found in parts if delimiter}


def _str_to_object(value: object, between: object = None, after: object = None) -> object:
    return _split_pairs(value, between, after)


def _get_values(value: object, key: object, between: object, after: object = None) -> object:
    return _split_pairs(value, between, after).get(text(key))


def _get(value: object, key: object) -> object:
    return mapping(value).get(text(key))


def _json_to_object(value: object) -> object:
    try:
        return read_json(text(value).encode("utf-8", "replace"))
    except ValueError:
        raise ArgumentError("the text is not valid JSON") from None


# --- maps -----------------------------------------------------------------------------------------------------------


def _array_to_map(items: object, key: object) -> object:
    name = text(key)
    found: dict[str, object] = {}
    for each in array(items):
        value = mapping(each).get(name)
        if value is None:
            raise ArgumentError(f"an item of the array has no {name}")
        found.setdefault(text(value), each)
    return found


def _object_to_map(first: object, *more: object) -> object:
    if not more:
        return dict(mapping(first))
    if isinstance(first, list) and len(more) == 1:
        return _array_to_map(first, more[0])
    return _to_object(first, *more)


def _map_get_values(whole: object, key: object) -> object:
    values = mapping(whole)
    return [values.get(text(each)) for each in key] if isinstance(key, list) else values.get(text(key))


def _map_has_keys(whole: object, key: object) -> object:
    values = mapping(whole)
    return any(text(each) in values for each in (key if isinstance(key, list) else [key]))


def _add_to_map(first: object, second: object, *more: object) -> object:
    found: dict[str, object] = {}
    for each in (first, second, *more):
        for key, value in mapping(each).items():
            found.setdefault(key, value)
    return found


# --- arrays ---------------------------------------------------------------------------------------------------------


def _items(values: tuple[object, ...]) -> list[object]:
    """The items of the only argument, if it is an array, or the arguments."""
    return values[0] if len(values) == 1 and isinstance(values[0], list) else list(values)


def _coalesce(*values: object) -> object:
    return next((each for each in _items(values) if each is not None), None)


def _first(*values: object) -> object:
    return next(iter(_items(values)), None)


def _last(*values: object) -> object:
    items = _items(values)
    return items[-1] if items else None


def _add_to_array(items: object, *values: object) -> object:
    return [*array(items), *values]


def _join_arrays(first: object, *more: object) -> object:
    return [item for each in (first, *more) for item in array(each)]


def _to_array(include_nulls: object, *values: object) -> object:
    keeps = boolean(include_nulls)
    return [each for each in values if keeps or each is not None]


def _flat(items: list[object]) -> Iterator[object]:
    for each in items:
        if isinstance(each, list):
            yield from _flat(each)
        else:
            yield each


def _shown(value: object) -> str:
    """An item in a text: an object as the page on exported arrays shows it, with single quotes."""
    if isinstance(value, dict):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=text).replace('"', "'")
    return text(value)


def _array_to_string(separator: object, items: object) -> object:
    return None if items is None else text(separator).join([_shown(each) for each in _flat(array(items))])


FUNCTIONS: Mapping[str, Function] = {
    **defined("size_of", call=_size_of, takes_null=True),
    **defined("is_empty", call=lambda value: _size_of(value) == 0, takes_null=True),
    # The page's table and its sample differ by an s.
    **defined("arrays_to_object", "arrays_to_objects", call=_arrays_to_object),
    **defined("to_object", "to_map", call=_to_object),
    **defined("str_to_object", call=_str_to_object),
    **defined("nullify", call=lambda: None),
    **defined("get_keys", call=lambda value: list(mapping(value))),
    **defined("get_values", call=_get_values),
    **defined("get", call=_get),
    **defined("json_to_object", call=_json_to_object),
    **defined("array_to_map", call=_array_to_map),
    **defined("object_to_map", call=_object_to_map),
    **defined("map_get_values", call=_map_get_values),
    **defined("map_has_keys", call=_map_has_keys),
    **defined("add_to_map", call=_add_to_map),
    **defined("coalesce", call=_coalesce, takes_null=True),
    **defined("first", call=_first, takes_null=True),
    **defined("last", call=_last, takes_null=True),
    **defined("add_to_array", call=_add_to_array),
    **defined("join_arrays", call=_join_arrays),
    **defined("to_array", call=_to_array),
    **defined("flattenArray", call=lambda items: list(_flat(array(items)))),
    **defined("array_to_string", call=_array_to_string),
    # They change arrays of existing profiles; in an insert, which all rows of a run are, they return the array as it is.
    **defined("upsert_array_append", call=array),
    **defined("upsert_array_replace", call=lambda items, _index=None: array(items)),
}
