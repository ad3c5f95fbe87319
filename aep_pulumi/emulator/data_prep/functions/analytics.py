"""Analytics functions, which read the texts of Adobe Analytics: events, and products.

Events are separated by commas, each with an optional value (`=5`) and identifier (`:123456`). Products are separated by commas,
and the parts of each by semicolons: category, name, quantity, price, events and eVars; the last two are separated by bars.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from aep_pulumi.emulator.data_prep.functions.arguments import Function, defined, text

CATEGORY, NAME, QUANTITY, PRICE, EVENTS, EVARS = range(6)

_EVENT = re.compile(r"([^=:]+)(?:=([^:]*))?(?::(.*))?")


def _events(events: str, separator: str) -> dict[str, tuple[str, str | None]]:
    """The value and the identifier of each event; a value that is missing is 1."""
    matches = (_EVENT.fullmatch(each.strip()) for each in events.split(separator))
    return {match[1]: (match[2] or "1", match[3]) for match in matches if match}


def _event_id(events: object, name: object) -> object:
    return _events(text(events), ",").get(text(name), (None, None))[1]


def _event_value(events: object, name: object) -> object:
    return _events(text(events), ",").get(text(name), (None, None))[0]


def _of_products(products: object, part: int) -> list[str | None]:
    parts = [product.split(";") for product in text(products).split(",")]
    return [(each[part].strip() or None) if part < len(each) else None for each in parts]


def _products(part: int) -> Callable[[object], object]:
    return lambda products: _of_products(products, part)


def _product_event_values(products: object, name: object) -> object:
    found = (_events(each or "", "|") for each in _of_products(products, EVENTS))
    return [each.get(text(name), (None, None))[0] for each in found]


def _product_evars(products: object, name: object) -> object:
    found = [dict(each.partition("=")[::2] for each in (evars or "").split("|")) for evars in _of_products(products, EVARS)]
    return [each.get(text(name)) for each in found]


FUNCTIONS: Mapping[str, Function] = {
    **defined("aa_get_event_id", call=_event_id),
    **defined("aa_get_event_value", call=_event_value),
    **defined("aa_get_product_categories", call=_products(CATEGORY)),
    **defined("aa_get_product_names", call=_products(NAME)),
    **defined("aa_get_product_quantities", call=_products(QUANTITY)),
    **defined("aa_get_product_prices", call=_products(PRICE)),
    **defined("aa_get_product_event_values", call=_product_event_values),
    **defined("aa_get_product_evars", call=_product_evars),
}
