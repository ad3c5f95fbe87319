"""Dataset: when it protects itself, and that `force_destroy` is not part of its content. With Pulumi's mocks."""

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from mocked import declared
from pulumi import Output, ResourceOptions, runtime

import aep_pulumi as aep
from aep_pulumi.resources._fields import marked
from aep_pulumi.resources._marks import LOCAL
from aep_pulumi.resources.dataset import DatasetInputs, DatasetProvider

SCHEMA = "https://ns.adobe.com/acme/schemas/one"


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack with an empty config."""
    monkeypatch.delenv("AEP_ALLOW_DESTRUCTIVE", raising=False)
    runtime.set_all_config({})


def is_protected(resource: pulumi.Resource) -> bool:
    """Whether the engine rejects its deletion."""
    return bool(resource._protect)  # noqa: SLF001 - what is passed to the engine


def dataset(force_destroy: Any = None, **opts: Any) -> aep.Dataset:
    """A dataset in a program."""
    options = ResourceOptions(**opts) if opts else None
    return declared(lambda: aep.Dataset("d", name="D", schema_id=SCHEMA, force_destroy=force_destroy, opts=options))


@pytest.mark.parametrize("value", [None, False])
def test_a_dataset_protects_itself_unless_the_program_allows_the_loss(value: object) -> None:
    assert is_protected(dataset(value))


def test_a_dataset_protects_itself_if_only_an_output_allows_the_loss() -> None:
    """The engine must know before the output is resolved."""

    def declare() -> aep.Dataset:
        later: Any = Output.from_input([True]).apply(lambda values: values[0])
        return aep.Dataset("d", name="D", schema_id=SCHEMA, force_destroy=later)

    assert is_protected(declared(declare))


def test_a_dataset_whose_rows_may_be_lost_is_not_protected() -> None:
    assert not is_protected(dataset(force_destroy=True))


def test_in_production_the_program_alone_cannot_remove_the_protection() -> None:
    """There the provider rejects the deletion only at its end, which is too late: the engine must reject it first."""
    runtime.set_all_config({"aep:allowProduction": "true"})
    assert is_protected(dataset(force_destroy=True))
    runtime.set_all_config({"aep:allowProduction": "true", "aep:allowDestructive": "true"})
    assert not is_protected(dataset(force_destroy=True))


@pytest.mark.parametrize("explicit", [True, False])
@pytest.mark.parametrize("force_destroy", [None, True])
@pytest.mark.parametrize("allow", ["true", "false"])
def test_an_explicit_protect_option_takes_precedence(*, explicit: bool, force_destroy: bool | None, allow: str) -> None:
    runtime.set_all_config({"aep:allowDestructive": allow})
    assert is_protected(dataset(force_destroy, protect=explicit)) is explicit


@pytest.mark.parametrize(("value", "allows"), [("true", True), ("1", True), ("false", False), ("", False), ("perhaps", False)])
def test_a_stack_allows_the_loss_in_its_config_or_in_the_environment(
    *, value: str, allows: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime.set_all_config({"aep:allowDestructive": value})
    assert is_protected(dataset()) is not allows
    runtime.set_all_config({})
    monkeypatch.setenv("AEP_ALLOW_DESTRUCTIVE", value)
    assert is_protected(dataset()) is not allows
    runtime.set_all_config({"aep:allowDestructive": "false"})  # the stack setting takes precedence
    assert is_protected(dataset())


def pipeline(**more: Any) -> aep.CrmPipeline:
    """A pipeline with its own dataset."""
    return declared(
        lambda: aep.CrmPipeline(
            "leads",
            base_connection="b1",
            connector=aep.Salesforce,
            table="Lead",
            mappings={"Email": "personalEmail.address"},
            schedule={"frequency": "hour", "interval": 1},
            **more,
        )
    )


@pytest.mark.parametrize(
    ("more", "dataset_is_protected", "schema_is_protected"),
    [
        ({}, True, False),
        ({"force_destroy": True}, False, False),
        ({"opts": ResourceOptions(protect=True)}, True, True),
        ({"opts": ResourceOptions(protect=False)}, False, False),
        ({"opts": ResourceOptions(protect=True), "force_destroy": True}, True, True),
    ],
)
def test_the_dataset_of_a_pipeline_is_protected_like_any_other(
    *, more: dict[str, Any], dataset_is_protected: bool, schema_is_protected: bool
) -> None:
    made = pipeline(**more)
    assert (is_protected(made.dataset), is_protected(made.schema)) == (dataset_is_protected, schema_is_protected)
    assert made.dataset.specified["force_destroy"] == more.get("force_destroy")


@pytest.fixture
def content() -> Callable[..., str]:
    """The content that distinguishes the creates of two datasets."""

    def of(**inputs: Any) -> str:
        provider = DatasetProvider()
        return provider.content(DatasetInputs(name="D", schema_id=SCHEMA, **inputs))

    return of


def test_fields_that_are_never_sent_do_not_distinguish_creates(content: Callable[..., str]) -> None:
    assert marked(DatasetInputs, LOCAL) == {"force_destroy"}
    assert content(force_destroy=True) == content(force_destroy=False) == content()
    assert content(description="other") != content()
    assert "force_destroy" not in json.dumps(
        DatasetProvider().to_wire(DatasetInputs(name="D", schema_id=SCHEMA, force_destroy=True), {})
    )
