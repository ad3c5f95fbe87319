"""Kinds: what is frozen for ever, and what must be consistent in each kind's file."""

import ast
import inspect
import json
from base64 import b64decode, b64encode
from pathlib import Path

import dill  # type: ignore[import-untyped]
import pytest

from aep_pulumi.resources import KINDS
from aep_pulumi.resources._fields import Inputs
from aep_pulumi.resources._resource import Resource

Kind = type[Resource]

STATES = sorted((Path(__file__).parents[1] / "conformance" / "states").glob("*/*.json"))
FROZEN = {(state["type"], state["provider"]) for file in STATES for state in json.loads(file.read_text())}
"""What is in every user's state: type tokens, each with the pickle that names the module and class of its provider."""

each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def class_named(kind: Kind) -> ast.ClassDef:
    """The class in its source, including what is not visible at run time."""
    tree = ast.parse(Path(inspect.getfile(kind)).read_text())
    return next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == kind.__name__)


def pickled(provider: object) -> str:
    """The pickle that the SDK writes into a resource's inputs."""
    return b64encode(dill.dumps(provider, protocol=5, recurse=True, byref=False)).decode()


@pytest.mark.parametrize(("token", "pickle"), sorted(FROZEN), ids=lambda text: text.rpartition(":")[2][:24])
def test_type_tokens_and_providers_never_change_because_they_are_in_users_state(token: str, pickle: str) -> None:
    [kind] = [kind for kind in KINDS if kind.provider.law.type == token]
    assert type(dill.loads(b64decode(pickle))) is kind.provider  # noqa: S301 - our own


@each_kind
def test_the_type_token_is_that_of_the_declaration(kind: Kind) -> None:
    assert f"pulumi-python:{kind._resource_type_name}" == kind.provider.law.type  # noqa: SLF001 - derived by Pulumi


@each_kind
def test_the_class_declares_every_output_besides_the_inputs(kind: Kind) -> None:
    declared = {
        node.target.id for node in class_named(kind).body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    assert declared == {*kind.provider.outputs}


@each_kind
def test_the_docstring_names_its_source(kind: Kind) -> None:
    assert kind.__doc__
    assert "Source: Adobe" in kind.__doc__


@each_kind
def test_every_part_has_its_own_noun(kind: Kind) -> None:
    here = [part for name, part in vars(inspect.getmodule(kind)).items() if inspect.isclass(part) and not name.startswith("_")]
    parts = [part for part in here if issubclass(part, Inputs) and part.__module__ == kind.__module__]
    assert kind.provider.inputs in parts
    assert [part.__name__ for part in parts if part.noun == Inputs.noun] == []


@each_kind
def test_the_pickle_is_a_short_reference_without_secrets_even_of_a_provider_in_use(kind: Kind) -> None:
    pickle = pickled(kind.provider())
    assert len(pickle) < 120
    at_work = kind.provider()
    at_work.keep({"aep:clientSecret": "hunter2"})
    assert pickled(at_work) == pickle
    assert type(dill.loads(dill.dumps(at_work))) is kind.provider  # noqa: S301 - our own


@each_kind
def test_a_new_provider_has_no_state(kind: Kind) -> None:
    assert vars(kind.provider()) == {}
    assert kind.provider.serialize_as_secret_always is False


@each_kind
def test_the_title_is_an_input(kind: Kind) -> None:
    assert kind.provider.law.title in {None, *kind.provider.inputs.model_fields}
