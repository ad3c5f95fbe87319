"""Picking: the value at a path of a response. Exported replays contain a copy of this file, so it imports nothing."""

KEY, LAST = "@key", "@last"
"""The ends of a path: the key of an item, and the part of a text after its last slash."""


def at(response: object, *path: object) -> object:
    """The value at a path, or None.

    A text is a key; a number is the number of an item, of a list or of an object whose keys are ids; {"name": ...} is the item
    that has this name or title.
    """
    key: object = None
    node = response
    for part in path:
        if part == KEY:
            node = key
        elif part == LAST:
            node = node.rpartition("/")[2] if isinstance(node, str) else None
        elif isinstance(part, str):
            node = node.get(part) if isinstance(node, dict) else None
        else:
            items = list(node.items()) if isinstance(node, dict) else list(enumerate(node)) if isinstance(node, list) else []
            if isinstance(part, dict):
                items = [item for item in items if name_of(item[1]) == part["name"]]
            number = part if isinstance(part, int) else 0
            key, node = items[number] if number < len(items) else (None, None)
    return node


def name_of(node: object) -> str:
    """The name or title of an object, or an empty text."""
    names = [node.get(key) for key in ("name", "title")] if isinstance(node, dict) else []
    return next((name for name in names if isinstance(name, str)), "")
