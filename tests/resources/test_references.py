"""References: a resource in place of its id, in each input that is declared as a reference. With Pulumi's mocks.

The wrong kinds have type-checker suppressions: `make check` fails if one is unused.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from mocked import VERSION, declared
from pulumi import ComponentResource, Output, RunError, runtime

import aep_pulumi as aep
from aep_pulumi.kinds import Kind, Reference
from aep_pulumi.lookups import GetDatasetResult, GetSchemaResult
from aep_pulumi.resources import KINDS

Values = dict[str, Any]

EACH = [(kind.provider.law, reference) for kind in KINDS for reference in kind.provider.law.references]
EACH_NAME = [(law, each, name) for law, each in EACH for name in dict.fromkeys((each.keyword, each.input))]
each_reference = pytest.mark.parametrize(("law", "reference"), EACH, ids=[f"{law.name}-{each.input}" for law, each in EACH])
each_name = pytest.mark.parametrize(
    ("law", "reference", "keyword"), EACH_NAME, ids=[f"{law.name}-{keyword}" for law, _, keyword in EACH_NAME]
)

PEOPLE = GetDatasetResult("people-id", "People", "person-id")
PERSON = GetSchemaResult("person-id", "Person", "a-class")
LOOKED_UP = {"Dataset": PEOPLE, "Schema": PERSON}


@pytest.fixture(autouse=True)
def nothing_is_set() -> None:
    """A stack with an empty config."""
    runtime.set_all_config({})


def sent_by(declare: Callable[[], object], name: str = "user") -> Values:
    """The inputs that a resource of a program sends, without Pulumi's own."""
    sent: dict[str, Values] = {}
    declared(declare, sent)
    return {key: value for key, value in sent[name].items() if not key.startswith("__") or key == "__problems"}


def problems_of(declare: Callable[[], object], kind: type[Any], name: str = "user") -> list[str]:
    """The failures of a resource's check in preview."""
    sent: dict[str, Values] = {}
    declared(declare, sent)
    return [failure.reason for failure in kind.provider().check({}, sent[name]).failures]


def new(kind: str, name: str = "used", **inputs: object) -> Any:
    """A resource. Mocks do not report missing inputs."""
    return getattr(aep, kind)(name, **inputs)


def listed(reference: Reference, value: object) -> object:
    """One object, in the form that the input takes."""
    return [value, "another-id"] if reference.is_list else value


def test_the_declarations_have_single_and_list_references_with_keywords_named_after_the_resource() -> None:
    keywords = {(law.name, reference.input): reference.keyword for law, reference in EACH}
    assert keywords == {
        ("SourceConnection", "base_connection_id"): "base_connection",
        ("Schema", "field_groups"): "field_groups",
        ("IdentityDescriptor", "schema_id"): "schema",
        ("ProfileEnablement", "schema_id"): "schema",
        ("ProfileEnablement", "descriptor_ids"): "descriptors",
        ("Dataset", "schema_id"): "schema",
        ("TargetConnection", "dataset_id"): "dataset",
        ("TargetConnection", "schema_id"): "schema",
        ("MappingSet", "schema_id"): "schema",
        ("Dataflow", "source_connection_id"): "source_connection",
        ("Dataflow", "target_connection_id"): "target_connection",
        ("Dataflow", "mapping_set_id"): "mapping_set",
    }


WAYS: Mapping[str, Callable[[Any], object]] = {
    "resource": lambda used: used,
    "output of its id": lambda used: used.id,
    "output of the resource": lambda used: Output.from_input("x").apply(lambda _: used),
    "id": lambda _used: "used-id",
}


@each_name
@pytest.mark.parametrize("way", WAYS)
def test_an_input_takes_the_resource_and_its_id_under_both_names(law: Kind, reference: Reference, keyword: str, way: str) -> None:
    sent = sent_by(lambda: new(law.name, "user", **{keyword: listed(reference, WAYS[way](new(reference.kind)))}))
    is_given = way == "resource" and reference.kind == "MappingSet"
    provided = {"mapping_set_version": VERSION} if is_given else {}
    # `check` removes what the constructor adds for a preview.
    inputs = {name: value for name, value in sent.items() if not name.startswith("known_")}
    assert inputs == {reference.input: listed(reference, "used-id"), **provided}


@pytest.mark.parametrize(
    ("law", "reference", "keyword"),
    [pytest.param(*case, id=f"{case[0].name}-{case[2]}") for case in EACH_NAME if case[1].kind in LOOKED_UP],
)
def test_an_input_takes_the_lookup_result_of_its_kind(law: Kind, reference: Reference, keyword: str) -> None:
    result: Any = LOOKED_UP[reference.kind]
    assert sent_by(lambda: new(law.name, "user", **{keyword: result}))[reference.input] == result.id
    later = sent_by(lambda: new(law.name, "user", **{keyword: Output.from_input("x").apply(lambda _: result)}))
    assert later == {reference.input: result.id}


@each_name
def test_another_kind_is_rejected_at_its_path_and_not_also_reported_as_missing(
    law: Kind, reference: Reference, keyword: str
) -> None:
    problems = problems_of(lambda: new(law.name, "user", **{keyword: listed(reference, new("Dataflow"))}), class_of(law))
    place = f"{keyword}[0]" if reference.is_list else keyword
    article = "an" if reference.kind[0] == "I" else "a"
    assert problems[0] == f"{place} is a Dataflow, must be {article} {reference.kind}"
    assert [problem for problem in problems if problem.startswith(f"{reference.input} is required")] == []


@each_reference
def test_a_missing_reference_is_reported_by_both_names(law: Kind, reference: Reference) -> None:
    problems = problems_of(lambda: new(law.name, "user"), class_of(law))
    missing = [problem for problem in problems if problem.startswith(f"{reference.input} is required: ")]
    is_required = class_of(law).provider.inputs.model_fields[reference.input].is_required()
    assert len(missing) == is_required
    assert all(f" {reference.keyword} or {reference.input}" in problem for problem in missing)


@each_reference
def test_both_names_are_accepted_for_one_object_and_rejected_for_two(law: Kind, reference: Reference) -> None:
    if reference.keyword == reference.input:
        return
    one, other = listed(reference, "one-id"), listed(reference, "other-id")
    both = {reference.keyword: one, reference.input: other}
    sentence = f"{reference.keyword} and {reference.input} are both set: set one of them"
    assert sentence in problems_of(lambda: new(law.name, "user", **both), class_of(law))

    def redundant() -> object:
        used = new(reference.kind)
        return new(law.name, "user", **{reference.keyword: used, reference.input: used.id})

    if not reference.is_list:
        assert sent_by(redundant)[reference.input] == "used-id"
        assert sent_by(lambda: new(law.name, "user", **{reference.keyword: None, reference.input: one}))[reference.input] == one


def class_of(law: Kind) -> type[Any]:
    """The class of a kind."""
    result: type[Any] = getattr(aep, law.name)
    return result


# -- what a resource provides besides its id ---------------------------------------------------------------------------------


def test_every_input_that_a_reference_provides_is_otherwise_required() -> None:
    provided = {(law.name, name) for law, reference in EACH for name in reference.also_sets}
    assert provided == {
        ("SourceConnection", "connection_spec_id"),
        ("TargetConnection", "schema_id"),
        ("Dataflow", "mapping_set_version"),
    }
    for law, reference in EACH:
        fields = class_of(law).provider.inputs.model_fields
        assert all(fields[name].is_required() for name in reference.also_sets)


def test_a_mapping_set_provides_its_version_unless_the_program_pins_one() -> None:
    def dataflow(**inputs: Any) -> Values:
        return sent_by(lambda: new("Dataflow", "user", mapping_set=new("MappingSet"), **inputs))

    assert dataflow() == {"mapping_set_id": "used-id", "mapping_set_version": VERSION}
    assert dataflow(mapping_set_version=3) == {"mapping_set_id": "used-id", "mapping_set_version": 3}


def test_a_dataset_provides_its_schema_however_it_was_set() -> None:
    def target(given: Callable[[Any], Values], **inputs: Any) -> Values:
        def program() -> object:
            schema = new("Schema", "person")
            return new("TargetConnection", "user", dataset=new("Dataset", **given(schema)), **inputs)

        return sent_by(program)

    for given in (lambda schema: {"schema": schema}, lambda schema: {"schema_id": schema.id}, lambda _: {"schema": PERSON}):
        assert target(given) == {"dataset_id": "used-id", "schema_id": "person-id"}
    assert target(lambda schema: {"schema": schema}, schema="other-id") == {"dataset_id": "used-id", "schema_id": "other-id"}
    assert sent_by(lambda: aep.TargetConnection("user", name="T", dataset=PEOPLE)) == {
        "name": "T",
        "dataset_id": "people-id",
        "schema_id": "person-id",
    }


def test_an_account_provides_its_connector() -> None:
    account = {"connection_spec_id": aep.Salesforce.spec_id, "connection_spec_version": "1.0"}
    sent = sent_by(lambda: new("SourceConnection", "user", base_connection=new("BaseConnection", **account)))
    assert sent == {"base_connection_id": "used-id", "connection_spec_id": aep.Salesforce.spec_id}


def test_an_id_provides_nothing_even_as_an_output() -> None:
    def program() -> object:
        return aep.TargetConnection("user", name="T", dataset=new("Dataset", schema="person-id").id)

    assert problems_of(program, aep.TargetConnection) == [
        "schema_id is required: set a target connection's schema or schema_id, or its dataset as a resource"
    ]


def test_a_resource_is_known_to_the_preview_under_both_names() -> None:
    def mapping_set(keyword: str) -> Values:
        def program() -> object:
            group = new("FieldGroup", "group", fields={"crmId": {"type": "string"}})
            schema = new("Schema", class_id="a-class", field_groups=(group, "another"))
            account = new("BaseConnection", "account")
            source = new("SourceConnection", "source", base_connection=account, table_name="Lead")
            return new("MappingSet", "user", source=source, **{keyword: schema})

        return sent_by(program)

    assert (
        mapping_set("schema")
        == mapping_set("schema_id")
        == {
            "schema_id": "used-id",
            "known_schema": {"class_id": "a-class", "field_groups": ["another"], "own": [{"crmId": {"type": "string"}}]},
            "known_source": {"base_connection_id": "account-id", "table_name": "Lead"},
        }
    )


# -- invalid references ------------------------------------------------------------------------------------------------------


class Other(ComponentResource):
    """A resource of another provider."""

    def __init__(self) -> None:
        super().__init__("test:index:Other", "other")


def schema() -> aep.Schema:
    """A schema in a program."""
    return aep.Schema("schema", title="Person", class_id="a-class")


def dataset() -> aep.Dataset:
    """A dataset in a program."""
    return aep.Dataset("dataset", name="People", schema_id="person-id")


def group() -> aep.FieldGroup:
    """A field group in a program."""
    return aep.FieldGroup("group", title="Group", class_ids=["a-class"], fields={"crmId": {"type": "string"}})


WRONG: Mapping[str, tuple[type[Any], Callable[[], object], list[str]]] = {
    "another kind": (
        aep.Dataset,
        lambda: aep.Dataset("user", name="D", schema=dataset()),  # type: ignore[arg-type]
        ["schema is a Dataset, must be a Schema"],
    ),
    "another kind as an id": (
        aep.Dataset,
        lambda: aep.Dataset("user", name="D", schema_id=dataset()),  # type: ignore[arg-type]
        ["schema_id is a Dataset, must be a Schema"],
    ),
    "the lookup result of another kind": (
        aep.Dataset,
        lambda: aep.Dataset("user", name="D", schema=PEOPLE),  # type: ignore[arg-type]
        ["schema is a GetDatasetResult, must be a Schema"],
    ),
    "somebody else's": (
        aep.Dataset,
        lambda: aep.Dataset("user", name="D", schema=Other()),  # type: ignore[arg-type]
        ["schema is a test_references.Other, must be a Schema"],
    ),
    "a number": (
        aep.Dataset,
        lambda: aep.Dataset("user", name="D", schema=5),  # type: ignore[arg-type]
        ["schema is 5, must be a Schema or its id"],
    ),
    "a list": (
        aep.Dataset,
        lambda: aep.Dataset("user", name="D", schema=[schema()]),  # type: ignore[arg-type]
        ["schema is a list, must be a Schema or its id"],
    ),
    "one in place of a list": (
        aep.Schema,
        lambda: aep.Schema("user", title="S", class_id="c", field_groups=group()),  # type: ignore[arg-type]
        ["field_groups is a FieldGroup, must be a list of FieldGroup resources or ids"],
    ),
    "another kind in a list": (
        aep.Schema,
        lambda: aep.Schema("user", title="S", class_id="c", field_groups=[group(), schema()]),  # type: ignore[list-item]
        ["field_groups[1] is a Schema, must be a FieldGroup"],
    ),
    "what only a preview reads": (
        aep.MappingSet,
        lambda: aep.MappingSet("user", mappings=[], schema="s", source=dataset()),  # type: ignore[arg-type]
        [
            "source is a Dataset, must be a SourceConnection",
            "mappings list must have at least 1 item after validation, not 0",
        ],
    ),
    "where no input takes one": (
        aep.Dataset,
        lambda: aep.Dataset("user", name=schema(), schema="s"),  # type: ignore[arg-type]
        ["name is a Schema, which it does not accept: use one of its outputs"],
    ),
    "a misspelt keyword": (
        aep.Dataset,
        lambda: aep.Dataset("user", name="D", schem="s"),  # type: ignore[call-arg]
        [
            "schema_id is required: set a dataset's schema or schema_id",
            "schem is not an input of a dataset: did you mean schema?",
        ],
    ),
    "several at once": (
        aep.TargetConnection,
        lambda: aep.TargetConnection("user", dataset=schema(), schema=dataset()),  # type: ignore[arg-type,call-arg]
        [
            "dataset is a Schema, must be a Dataset",
            "schema is a Dataset, must be a Schema",
            "name is required: set a target connection's name",
        ],
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_invalid_references_are_all_reported_at_once_in_one_sentence_each(case: str) -> None:
    kind, program, sentences = WRONG[case]
    assert problems_of(program, kind) == sentences


def test_an_output_that_resolves_to_another_kind_ends_the_program_with_one_sentence() -> None:
    with pytest.raises(RunError, match=r'^dataset "user": schema is a GetDatasetResult, must be a Schema$'):
        sent_by(lambda: new("Dataset", "user", schema=Output.from_input("x").apply(lambda _: PEOPLE)))


# The program ends before the dataset is registered.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_lookup_takes_the_account_itself_and_no_other_kind() -> None:
    with pytest.raises(RunError, match=r"^get_tables_output: base_connection_id is a Dataset, must be a BaseConnection$"):
        declared(lambda: aep.get_tables_output(dataset()))  # type: ignore[arg-type]
    with pytest.raises(RunError, match=r"^get_columns_output: base_connection_id is a Dataset, must be a BaseConnection$"):
        declared(lambda: aep.get_columns_output(dataset(), "Lead"))  # type: ignore[arg-type]
