"""Kinds: the law of each kind of resource. Plain data that imports neither Pulumi, pydantic nor HTTP.

What is true of a kind is said here once and read by everybody: the provider and its client, reviews, the policy pack, the `aep`
commands, the reference and the tests. What only the provider needs stands on the provider's class.
"""

import difflib
import enum
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

TYPE_PREFIX = "pulumi-python:dynamic/aep:"
"""What the type of every resource of this package begins with: `Dataset` is `pulumi-python:dynamic/aep:Dataset`."""
PIPELINE_TYPE = "aep:components:CrmPipeline"
"""The type of the component that wires a whole pipeline."""


class Taken(enum.Enum):
    """What it means that Platform has an object of the same title or code already."""

    NOTHING = enum.auto()
    """Names need not be unique."""
    REJECTED = enum.auto()
    """Platform rejects the create: the object is somebody else's, or another resource's."""
    SHARED = enum.auto()
    """Platform shares such objects by nature, one for all, and never deletes them: whoever made it, it is the one."""


@dataclass(frozen=True)
class Reference:
    """An input that names another object, for which a program may give the resource itself."""

    input: str
    """The input of the id, as it stands in state: `schema_id`."""
    kind: str
    """The kind of the object."""
    brings: Mapping[str, str]
    """Further inputs that the resource sets where the program does not, each with the resource's property."""

    @property
    def is_list(self) -> bool:
        """Whether the input names several objects."""
        return not self.input.endswith("_id")

    @property
    def keyword(self) -> str:
        """The keyword that reads as the resource: `schema`, `descriptors`; the input's own name where that does already."""
        return self.input.removesuffix("_id") if not self.is_list else re.sub("_ids$", "s", self.input)


@dataclass(frozen=True, eq=False)
class Kind:
    """The law of one kind."""

    name: str
    """The class, such as `Dataset`."""
    noun: str
    """What a message calls one."""
    path: str
    """Where Platform has them."""
    title: str | None = "name"
    """The input that people know an object by; None where there is none."""
    is_named: bool = True
    """Whether that input is a name that people choose."""
    is_described: bool = True
    """Whether a program can say what an object is for, with `description`."""
    stands_on: Mapping[str, str] = field(default_factory=dict)
    """The inputs that name other objects, each with their kind."""
    brings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What a resource given in place of its id sets too, by the input of that id: further inputs, each with the resource's
    property. Only an input, which a preview knows, may feed one that replaces."""
    belongs_to: str | None = None
    """The kind whose object it belongs to in a pipeline, where nothing of the pipeline names it."""
    holds_rows: bool = False
    """Whether rows lie in it, or in what stands on it: replacing it loses them."""
    moves_rows: bool = False
    """Whether rows lie in it or are written by it."""
    is_scheduled: bool = False
    """Whether it runs on a schedule: a pipeline is one of these and all that it stands on."""
    keeps: str = ""
    """What a deletion leaves as it is, for a review."""
    is_deletable: bool = True
    """Whether Platform deletes it. Otherwise a deletion only forgets it."""
    taken: Taken = Taken.NOTHING
    """What a taken title or code means."""
    taken_code: str = ""
    """The service's error code for that."""
    is_guarded: bool = False
    """Whether deleting it in a sandbox of type production needs `aep:allowDestructive`."""
    local_inputs: frozenset[str] = frozenset()
    """Inputs that are never sent: the provider alone reads them."""

    @property
    def label(self) -> str | None:
        """The input that shows people which one it is: the title, unless that is another object's id."""
        return None if self.title in self.stands_on else self.title

    @property
    def references(self) -> tuple[Reference, ...]:
        """The inputs for which a program may give resources: each that names an object by its id."""
        more = {name for on, brought in self.brings.items() for name in brought if self.stands_on.get(name) == self.stands_on[on]}
        return tuple(
            Reference(name, kind, self.brings.get(name, {})) for name, kind in self.stands_on.items() if name not in more
        )

    @property
    def stores_rows(self) -> bool:
        """Whether rows lie in it itself."""
        return self.holds_rows and self.moves_rows

    @property
    def plural(self) -> str:
        """What a message calls several."""
        return f"{self.noun}s"

    @property
    def type(self) -> str:
        """The type token in users' state."""
        return TYPE_PREFIX + self.name

    @property
    def module(self) -> str:
        """The name of the modules that are about it: `base_connection`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", self.name).lower()


_FLOW_SERVICE, _REGISTRY = "/data/foundation/flowservice", "/data/foundation/schemaregistry"
_TITLE_TAKEN = "XDM-1521-400"

KINDS: tuple[Kind, ...] = (
    Kind("BaseConnection", "base connection", f"{_FLOW_SERVICE}/connections"),
    Kind(
        "SourceConnection",
        "source connection",
        f"{_FLOW_SERVICE}/sourceConnections",
        stands_on={"base_connection_id": "BaseConnection"},
        brings={"base_connection_id": {"connection_spec_id": "connection_spec_id"}},
        keeps="the table keeps its rows",
    ),
    Kind(
        "FieldGroup",
        "field group",
        f"{_REGISTRY}/tenant/fieldgroups",
        title="title",
        keeps="a schema that uses it must let go of it first",
        taken=Taken.REJECTED,
        taken_code=_TITLE_TAKEN,
        is_guarded=True,
    ),
    Kind(
        "Schema",
        "schema",
        f"{_REGISTRY}/tenant/schemas",
        title="title",
        stands_on={"field_groups": "FieldGroup"},
        holds_rows=True,
        taken=Taken.REJECTED,
        taken_code=_TITLE_TAKEN,
        is_guarded=True,
    ),
    Kind(
        "IdentityNamespace",
        "identity namespace",
        "/data/core/idnamespace/identities",
        title="code",
        is_deletable=False,
        taken=Taken.SHARED,
        taken_code="NAMESPACE_CODE_CONFLICT",
    ),
    Kind(
        "IdentityDescriptor",
        "identity descriptor",
        f"{_REGISTRY}/tenant/descriptors",
        title="source_property",
        is_named=False,
        is_described=False,
        stands_on={"schema_id": "Schema"},
        belongs_to="Schema",
        keeps="rows stay, but no longer identify a person by this field",
        is_guarded=True,
    ),
    Kind(
        "ProfileEnablement",
        "profile enablement",
        f"{_REGISTRY}/tenant/schemas",
        title="schema_id",
        is_named=False,
        is_described=False,
        stands_on={"schema_id": "Schema", "descriptor_ids": "IdentityDescriptor"},
        belongs_to="Schema",
        is_deletable=False,
        taken=Taken.SHARED,
        is_guarded=True,
    ),
    Kind(
        "Dataset",
        "dataset",
        "/data/foundation/catalog/dataSets",
        stands_on={"schema_id": "Schema"},
        holds_rows=True,
        moves_rows=True,
        is_guarded=True,
        local_inputs=frozenset({"force_destroy"}),
    ),
    Kind(
        "TargetConnection",
        "target connection",
        f"{_FLOW_SERVICE}/targetConnections",
        stands_on={"dataset_id": "Dataset", "schema_id": "Schema"},
        brings={"dataset_id": {"schema_id": "schema_id"}},
        keeps="it holds no rows itself",
    ),
    Kind(
        "MappingSet",
        "mapping set",
        "/data/foundation/conversion/mappingSets",
        is_described=False,
        stands_on={"schema_id": "Schema"},
        keeps="it holds no rows itself",
    ),
    Kind(
        "Dataflow",
        "dataflow",
        f"{_FLOW_SERVICE}/flows",
        stands_on={
            "source_connection_id": "SourceConnection",
            "target_connection_id": "TargetConnection",
            "mapping_set_id": "MappingSet",
            "mapping_set_version": "MappingSet",
        },
        brings={"mapping_set_id": {"mapping_set_version": "version"}},
        moves_rows=True,
        is_scheduled=True,
    ),
)
"""Every kind, in the order in which a pipeline needs them."""

BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in KINDS}
"""Every kind by its class."""

# For what is about one kind by its nature, such as a policy on a dataflow's interval.
BASE_CONNECTION = BY_NAME["BaseConnection"].name
SOURCE_CONNECTION = BY_NAME["SourceConnection"].name
FIELD_GROUP = BY_NAME["FieldGroup"].name
SCHEMA = BY_NAME["Schema"].name
IDENTITY_DESCRIPTOR = BY_NAME["IdentityDescriptor"].name
DATASET = BY_NAME["Dataset"].name
TARGET_CONNECTION = BY_NAME["TargetConnection"].name
MAPPING_SET = BY_NAME["MappingSet"].name
DATAFLOW = BY_NAME["Dataflow"].name


def kind_of(type_: str) -> Kind | None:
    """The kind of a type token, or None where the resource is not one of ours."""
    return BY_NAME.get(type_.removeprefix(TYPE_PREFIX)) if type_.startswith(TYPE_PREFIX) else None


_DAY_S = 86_400


@dataclass(frozen=True)
class Frequency:
    """A unit of a dataflow's schedule."""

    seconds: int
    """Its length; 0 for a single run."""
    least_interval: int
    """Platform's lower limit of the interval, from the flow spec CRMToAEP; 0 where there is no interval."""

    @property
    def repeats(self) -> bool:
        """Whether a dataflow of this frequency runs more than once."""
        return self.seconds > 0

    def runs_a_day(self, interval: float) -> float:
        """How many runs a day begin at this interval; a single run counts for none."""
        return _DAY_S / self.seconds / interval if self.repeats else 0


ONCE, MINUTE = "once", "minute"
"""The frequency of a single run, and the one whose interval Platform limits."""

FREQUENCIES: Mapping[str, Frequency] = {
    ONCE: Frequency(0, 0),
    MINUTE: Frequency(60, 15),
    "hour": Frequency(3600, 1),
    "day": Frequency(_DAY_S, 1),
    "week": Frequency(7 * _DAY_S, 1),
}
"""The units of a schedule."""


def nearest(word: str, options: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """What a misspelt word most likely stands for, or None where nothing is near. Another case is the nearest of all."""
    folded = {option.casefold(): option for option in reversed(list(options))}
    return next((folded[near] for near in difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=cutoff)), None)


def did_you_mean(word: str, options: Iterable[str], otherwise: str, *, cutoff: float = 0.6) -> str:
    """The question that helps with a misspelt word, or what to say where nothing is near."""
    near = nearest(word, options, cutoff=cutoff)
    return f"did you mean {near}?" if near else otherwise
