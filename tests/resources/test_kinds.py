"""Kinds: what is frozen for ever, and what must agree in each kind's file."""

import ast
import importlib
import inspect
from base64 import b64encode
from pathlib import Path

import dill  # type: ignore[import-untyped]
import pytest

from aep_pulumi.resources import KINDS
from aep_pulumi.resources._fields import Inputs, fields_of
from aep_pulumi.resources._resource import Resource

Kind = type[Resource]

FROZEN = {
    # In every user's state: the type token, and the module and name of the class that performs it.
    "pulumi-python:dynamic/aep:BaseConnection": "aep_pulumi.resources.base_connection.BaseConnectionProvider",
    "pulumi-python:dynamic/aep:SourceConnection": "aep_pulumi.resources.source_connection.SourceConnectionProvider",
    "pulumi-python:dynamic/aep:FieldGroup": "aep_pulumi.resources.field_group.FieldGroupProvider",
    "pulumi-python:dynamic/aep:Schema": "aep_pulumi.resources.schema.SchemaProvider",
    "pulumi-python:dynamic/aep:IdentityDescriptor": "aep_pulumi.resources.identity_descriptor.DescriptorProvider",
    "pulumi-python:dynamic/aep:ProfileEnablement": "aep_pulumi.resources.profile_enablement.ProfileEnablementProvider",
    "pulumi-python:dynamic/aep:Dataset": "aep_pulumi.resources.dataset.DatasetProvider",
    "pulumi-python:dynamic/aep:TargetConnection": "aep_pulumi.resources.target_connection.TargetConnectionProvider",
    "pulumi-python:dynamic/aep:MappingSet": "aep_pulumi.resources.mapping_set.MappingSetProvider",
    "pulumi-python:dynamic/aep:Dataflow": "aep_pulumi.resources.dataflow.DataflowProvider",
}

each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def class_named(kind: Kind) -> ast.ClassDef:
    """The class as its source says it, with what a run does not see."""
    tree = ast.parse(Path(inspect.getfile(kind)).read_text())
    return next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == kind.__name__)


def pickled(provider: object) -> str:
    """What the SDK writes into a resource's inputs."""
    return b64encode(dill.dumps(provider, protocol=5, recurse=True, byref=False)).decode()


def test_type_tokens_and_providers_never_change_for_they_are_in_users_state() -> None:
    assert {
        f"pulumi-python:dynamic/aep:{kind.__name__}": f"{kind.provider.__module__}.{kind.provider.__qualname__}" for kind in KINDS
    } == FROZEN


@each_kind
def test_a_provider_is_found_where_state_says_it_is(kind: Kind) -> None:
    module, _, name = FROZEN[f"pulumi-python:dynamic/aep:{kind.__name__}"].rpartition(".")
    assert getattr(importlib.import_module(module), name) is kind.provider


@each_kind
def test_the_class_names_every_output_beside_the_inputs(kind: Kind) -> None:
    said = {
        node.target.id for node in class_named(kind).body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    assert said == {*kind.provider.outputs}


@each_kind
def test_every_field_and_part_is_documented(kind: Kind) -> None:
    undocumented = [path for path, field in fields_of(kind.provider.inputs) if not field.description]
    assert undocumented == []
    assert kind.__doc__
    assert "Source: Adobe" in kind.__doc__


@each_kind
def test_every_part_has_a_noun_of_its_own(kind: Kind) -> None:
    here = [part for name, part in vars(inspect.getmodule(kind)).items() if inspect.isclass(part) and not name.startswith("_")]
    parts = [part for part in here if issubclass(part, Inputs) and part.__module__ == kind.__module__]
    assert kind.provider.inputs in parts
    assert [part.__name__ for part in parts if part.noun == Inputs.noun] == []


@each_kind
def test_the_pickle_is_a_reference_short_and_without_a_secret_also_of_a_provider_at_work(kind: Kind) -> None:
    said = pickled(kind.provider())
    assert len(said) < 120
    at_work = kind.provider()
    at_work.keep({"aep:clientSecret": "hunter2"})
    assert pickled(at_work) == said
    assert type(dill.loads(dill.dumps(at_work))) is kind.provider  # noqa: S301 - our own


@each_kind
def test_a_new_provider_holds_nothing(kind: Kind) -> None:
    assert vars(kind.provider()) == {}
    assert kind.provider.serialize_as_secret_always is False


@each_kind
def test_what_is_titled_is_an_input(kind: Kind) -> None:
    assert kind.provider.law.title in {None, *kind.provider.inputs.model_fields}
