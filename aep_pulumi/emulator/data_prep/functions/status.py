"""Status: which functions of the page are not implemented, or not completely, and remarks. `docs/coverage.md` lists them."""

from __future__ import annotations

from collections.abc import Mapping

from aep_pulumi.emulator.data_prep.functions.page import CATEGORIES

# These are accepted, and fail the rows that use them.
NOT_IMPLEMENTED: Mapping[str, str] = {
    "fpid_to_ecid": "how an ECID is made from an FPID is not published",
}

PARTIAL: Mapping[str, str] = dict.fromkeys(
    ("explode", "extract_regex", "matches_regex"),
    "Regular expressions are Python's instead of Java's: `\\p{L}` and its like are not valid.",
)

# What to know of others, where Adobe's pages are silent or contradict each other.
REMARKS: Mapping[str, str] = {
    **dict.fromkeys(
        ("filterArray", "transformArray", "flattenArray", "array_to_string"),
        "Adobe documents it for destinations; it is accepted in every mapping.",
    ),
    **{
        entry.name: "Adobe documents it for Analytics and Web SDK; it is accepted in every mapping."
        for entry in CATEGORIES["Analytics"]
    },
    **dict.fromkeys(
        ("make_date_time", "make_timestamp", "zone_date_to_zone"),
        "As in Adobe's sample, the text of the date has the time of its own zone, followed by Z.",
    ),
    "concat": "Null is an error of its row: what it becomes is not documented.",
    "date_part": "`w`, which Adobe lists twice, is the week and not the day of the week.",
    "map_get_values": "Returns the value alone, as Adobe's text has it; its sample shows the key as well.",
    **{
        entry.name: "Recognised by the patterns of uap-core: names of rare agents and devices may differ."
        for entry in CATEGORIES["User agent"]
    },
    "ua_device_class": "Inferred from the device and the system.",
    **dict.fromkeys(("upsert_array_append", "upsert_array_replace"), "Rows are always inserted, so that it returns the array."),
}
