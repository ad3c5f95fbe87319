"""Engine values: how Pulumi's engine writes what is no plain value, and its own names. Imports nothing.

From `sdk/go/common/resource` of Pulumi: they are part of its protocol, and of every state.
"""

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key that makes a map one of Pulumi's own values: what it is a value of stands there."""
SECRET_MARK = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the mark of a secret, not one
"""What stands there in a secret."""
OUTPUT_MARK = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
"""What stands there in an output, which may be a secret too."""
MASKED = "[secret]"
"""What stands in the place of a secret in what the engine prints."""

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What stands in the place of a text that a preview does not know yet, and of any value in what a preview prints."""
UNKNOWNS = frozenset(
    {
        UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
"""The same for each type of value: text, truth, number, list, asset, archive, map."""

INTERNAL = "__"
"""What the names of properties begin with that no program sets: `__provider`, `__mark`."""

STACK_TYPE = "pulumi:pulumi:Stack"
"""The type of the stack itself, which is a resource too."""
