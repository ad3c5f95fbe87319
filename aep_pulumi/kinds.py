"""Kinds: the facts of each kind of resource. Plain data that imports neither Pulumi, pydantic nor HTTP.

The single source for the provider and its client, reviews, the policy pack, the `aep` commands, the reference and the tests. What
only the provider needs is defined on the provider's class.
"""

import difflib
import enum
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

TYPE_PREFIX = "pulumi-python:dynamic/aep:"
"""The prefix of the type tokens of this package: `Dataset` is `pulumi-python:dynamic/aep:Dataset`."""
PIPELINE_TYPE = "aep:components:CrmPipeline"
"""The type token of the component that declares a whole pipeline."""


class OnConflict(enum.Enum):
    """What happens on create if an object with the same title or code exists on Platform."""

    NOTHING = enum.auto()
    """A second object is created: names need not be unique."""
    REJECTED = enum.auto()
    """Platform rejects the create: the object belongs to somebody else, or to another resource."""
    SHARED = enum.auto()
    """The existing object is adopted: Platform shares such objects and never deletes them."""


@dataclass(frozen=True)
class Reference:
    """An input that references another object by id, and for which a program may pass the resource itself."""

    input: str
    """The input of the id, as in state: `schema_id`."""
    kind: str
    """The kind of the referenced object."""
    also_sets: Mapping[str, str]
    """Further inputs that default to a property of the given resource, each with that property."""

    @property
    def is_list(self) -> bool:
        """Whether the input is a list of ids."""
        return not self.input.endswith("_id")

    @property
    def keyword(self) -> str:
        """The keyword argument for the resource: `schema`, `descriptors`; the input's own name if it has no `_id` suffix."""
        return self.input.removesuffix("_id") if not self.is_list else re.sub("_ids$", "s", self.input)


@dataclass(frozen=True, eq=False)
class Kind:
    """The facts of one kind."""

    name: str
    """The name of the resource class, such as `Dataset`."""
    noun: str
    """The noun in messages, such as `dataset`."""
    path: str
    """The API path of its collection."""
    title: str | None = "name"
    """The input that identifies an object to people, or None."""
    is_named: bool = True
    """Whether that input is a freely chosen name."""
    has_description: bool = True
    """Whether it has the input `description`."""
    depends_on: Mapping[str, str] = field(default_factory=dict)
    """The inputs that reference other objects by id, each with the kind of those objects."""
    also_sets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Further inputs that a resource passed instead of its id sets, by the input of that id, each with the resource's property.
    An input whose change causes a replacement may only be set from an input, whose value is known in a preview."""
    belongs_to: str | None = None
    """The kind of the object that it belongs to in a pipeline, if no object of the pipeline references it."""
    holds_rows: bool = False
    """Whether it, or objects that depend on it, contain rows, which are lost on replacement."""
    moves_rows: bool = False
    """Whether it contains or writes rows."""
    is_scheduled: bool = False
    """Whether it runs on a schedule. A pipeline consists of one such object and all its dependencies."""
    deletion_effect: str = ""
    """The effect of a deletion, as shown in reviews."""
    is_deletable: bool = True
    """Whether Platform can delete it. If not, a deletion only removes it from the state."""
    on_conflict: OnConflict = OnConflict.NOTHING
    """What happens if the title or code already exists."""
    conflict_code: str = ""
    """The service's error code for that conflict."""
    is_guarded: bool = False
    """Whether deleting it in a sandbox of type production needs `aep:allowDestructive`."""
    local_inputs: frozenset[str] = frozenset()
    """Inputs that are never sent to Platform: only the provider uses them."""

    @property
    def label(self) -> str | None:
        """The input to display: the title, unless that is the id of another object."""
        return None if self.title in self.depends_on else self.title

    @property
    def references(self) -> tuple[Reference, ...]:
        """The inputs for which a program may pass resources: those that reference an object by its id."""
        derived = {
            name for on, inputs in self.also_sets.items() for name in inputs if self.depends_on.get(name) == self.depends_on[on]
        }
        return tuple(
            Reference(name, kind, self.also_sets.get(name, {})) for name, kind in self.depends_on.items() if name not in derived
        )

    @property
    def stores_rows(self) -> bool:
        """Whether it contains rows itself."""
        return self.holds_rows and self.moves_rows

    @property
    def plural(self) -> str:
        """The plural noun in messages."""
        return f"{self.noun}s"

    @property
    def type(self) -> str:
        """The type token in state."""
        return TYPE_PREFIX + self.name

    @property
    def module(self) -> str:
        """The name of its modules, such as `base_connection`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", self.name).lower()


_FLOW_SERVICE, _REGISTRY = "/data/foundation/flowservice", "/data/foundation/schemaregistry"
_TITLE_TAKEN = "XDM-1521-400"

KINDS: tuple[Kind, ...] = (
    Kind("BaseConnection", "base connection", f"{_FLOW_SERVICE}/connections"),
    Kind(
        "SourceConnection",
        "source connection",
        f"{_FLOW_SERVICE}/sourceConnections",
        depends_on={"base_connection_id": "BaseConnection"},
        also_sets={"base_connection_id": {"connection_spec_id": "connection_spec_id"}},
        deletion_effect="the table keeps its rows",
    ),
    Kind(
        "FieldGroup",
        "field group",
        f"{_REGISTRY}/tenant/fieldgroups",
        title="title",
        deletion_effect="schemas that use it must be updated first",
        on_conflict=OnConflict.REJECTED,
        conflict_code=_TITLE_TAKEN,
        is_guarded=True,
    ),
    Kind(
        "Schema",
        "schema",
        f"{_REGISTRY}/tenant/schemas",
        title="title",
        depends_on={"field_groups": "FieldGroup"},
        holds_rows=True,
        on_conflict=OnConflict.REJECTED,
        conflict_code=_TITLE_TAKEN,
        is_guarded=True,
    ),
    Kind(
        "IdentityNamespace",
        "identity namespace",
        "/data/core/idnamespace/identities",
        title="code",
        is_deletable=False,
        on_conflict=OnConflict.SHARED,
        conflict_code="NAMESPACE_CODE_CONFLICT",
    ),
    Kind(
        "IdentityDescriptor",
        "identity descriptor",
        f"{_REGISTRY}/tenant/descriptors",
        title="source_property",
        is_named=False,
        has_description=False,
        depends_on={"schema_id": "Schema"},
        belongs_to="Schema",
        deletion_effect="rows are kept, but no longer identify a person by this field",
        is_guarded=True,
    ),
    Kind(
        "ProfileEnablement",
        "profile enablement",
        f"{_REGISTRY}/tenant/schemas",
        title="schema_id",
        is_named=False,
        has_description=False,
        depends_on={"schema_id": "Schema", "descriptor_ids": "IdentityDescriptor"},
        belongs_to="Schema",
        is_deletable=False,
        on_conflict=OnConflict.SHARED,
        is_guarded=True,
    ),
    Kind(
        "Dataset",
        "dataset",
        "/data/foundation/catalog/dataSets",
        depends_on={"schema_id": "Schema"},
        holds_rows=True,
        moves_rows=True,
        is_guarded=True,
        local_inputs=frozenset({"force_destroy"}),
    ),
    Kind(
        "TargetConnection",
        "target connection",
        f"{_FLOW_SERVICE}/targetConnections",
        depends_on={"dataset_id": "Dataset", "schema_id": "Schema"},
        also_sets={"dataset_id": {"schema_id": "schema_id"}},
        deletion_effect="it contains no rows",
    ),
    Kind(
        "MappingSet",
        "mapping set",
        "/data/foundation/conversion/mappingSets",
        has_description=False,
        depends_on={"schema_id": "Schema"},
        deletion_effect="it contains no rows",
    ),
    Kind(
        "Dataflow",
        "dataflow",
        f"{_FLOW_SERVICE}/flows",
        depends_on={
            "source_connection_id": "SourceConnection",
            "target_connection_id": "TargetConnection",
            "mapping_set_id": "MappingSet",
            "mapping_set_version": "MappingSet",
        },
        also_sets={"mapping_set_id": {"mapping_set_version": "version"}},
        moves_rows=True,
        is_scheduled=True,
    ),
)
"""All kinds, in the order in which a pipeline creates them."""

BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in KINDS}
"""All kinds by the name of their class."""

# For code about a specific kind, such as a policy on a dataflow's interval.
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
    """The kind of a type token, or None if the resource is not from this package."""
    return BY_NAME.get(type_.removeprefix(TYPE_PREFIX)) if type_.startswith(TYPE_PREFIX) else None


_DAY_S = 86_400


@dataclass(frozen=True)
class Frequency:
    """A unit of a dataflow's schedule."""

    seconds: int
    """The length of the unit; 0 for a single run."""
    least_interval: int
    """Platform's minimum interval, from the flow spec CRMToAEP; 0 if there is no interval."""

    @property
    def repeats(self) -> bool:
        """Whether a dataflow of this frequency runs more than once."""
        return self.seconds > 0

    def runs_a_day(self, interval: float) -> float:
        """The number of runs per day with this interval; 0 for a single run."""
        return _DAY_S / self.seconds / interval if self.repeats else 0


ONCE, MINUTE = "once", "minute"
"""The frequency of a single run, and the one with a minimum interval."""

FREQUENCIES: Mapping[str, Frequency] = {
    ONCE: Frequency(0, 0),
    MINUTE: Frequency(60, 15),
    "hour": Frequency(3600, 1),
    "day": Frequency(_DAY_S, 1),
    "week": Frequency(7 * _DAY_S, 1),
}
"""The units of a schedule."""


def nearest(word: str, options: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The option most similar to a misspelt word, ignoring case, or None if there is none."""
    folded = {option.casefold(): option for option in reversed(list(options))}
    return next((folded[match] for match in difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=cutoff)), None)


def did_you_mean(word: str, options: Iterable[str], otherwise: str, *, cutoff: float = 0.6) -> str:
    """The suggestion for a misspelt word, or `otherwise` if no option is similar."""
    near = nearest(word, options, cutoff=cutoff)
    return f"did you mean {near}?" if near else otherwise
