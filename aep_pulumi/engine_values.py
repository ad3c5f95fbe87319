"""Engine values: how Pulumi's engine represents special values, and its reserved names. Imports nothing.

From `sdk/go/common/resource` of Pulumi: these constants are part of its protocol and of every state.
"""

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key that marks a map as a special value; its value is the kind of special value."""
SECRET_MARK = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the mark of a secret, not one
"""The signature of a secret."""
OUTPUT_MARK = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
"""The signature of an output, which may also be secret."""
MASKED = "[secret]"
"""The placeholder of a secret in the engine's output."""

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""The placeholder of a string that is unknown during preview, and of any unknown value in a preview's output."""
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
"""The placeholders of unknown values of each type: string, boolean, number, list, asset, archive, map."""

INTERNAL = "__"
"""The prefix of internal properties, which programs do not set: `__provider`, `__mark`."""

STACK_REFERENCE_TYPE = "pulumi:pulumi:StackReference"
"""The type of a reference to another stack: every preview reads it, and that changes nothing."""

STACK_TYPE = "pulumi:pulumi:Stack"
"""The type of the root stack resource."""
