"""Stack settings: each invalid one is one sentence, and a real sandbox requires its own secrets and state."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from pulumi.runtime import config as runtime
from settings import KEYS, StackSettings

from aep_pulumi.settings import Settings as PlatformSettings

CHECKOUT = Path(__file__).parents[2]
PIPELINES = ("contacts", "leads")
LOCAL = {
    "aep:endpoint": "local",
    "crm:environmentUrl": "https://acme.my.salesforce.com",
    "crm:clientId": "3MVG9",
    "crm:clientSecret": "fake",
    "crm:pipelines": '["contacts"]',
}
REAL = LOCAL | {
    "aep:endpoint": "https://platform.adobe.io",
    "aep:organization": "A@AdobeOrg",
    "aep:sandbox": "stage",
    "aep:clientId": "ours",
    "aep:clientSecret": "ours",
}
SECRET = {"crm:clientSecret", "aep:clientSecret"}


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings from the environment."""
    for variable in ("AEP_ENDPOINT", "PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE"):
        monkeypatch.delenv(variable, raising=False)


def read(config: dict[str, str], secret: Collection[str] = SECRET) -> StackSettings:
    runtime.set_all_config(config, list(secret))
    return StackSettings.of_this_stack(PIPELINES)


def problems(config: dict[str, str], secret: Collection[str] = SECRET) -> list[str]:
    with pytest.raises(pulumi.RunError) as rejected:
        read(config, secret)
    return [line.partition(".yaml: ")[2] or line for line in str(rejected.value).splitlines()]


def file_of(stack: str) -> dict[str, str]:
    """A stack's file as Pulumi passes it on: lists and maps as JSON, secrets decrypted."""
    config: dict[str, Any] = yaml.safe_load((CHECKOUT / "stacks" / f"Pulumi.{stack}.yaml").read_text())["config"]
    passed = {key: "fake" if isinstance(value, dict) and "secure" in value else value for key, value in config.items()}
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in passed.items()}


def test_most_settings_have_defaults() -> None:
    schedule = {"frequency": "hour", "interval": 6, "backfill": False}
    settings = read(LOCAL | {"crm:schedules": json.dumps({"contacts": schedule})})
    assert settings.pipelines == ("contacts",)
    assert (settings.platform.organization, settings.platform.sandbox) == ("LOCAL@AdobeOrg", "dev")
    assert settings.schedules == {"contacts": schedule}
    assert settings.named("People") == "People"
    assert settings.described("People") == "People."
    assert (settings.shared, settings.tags, settings.protect, settings.force_destroy) == (None, None, False, False)


def test_names_begin_with_the_prefix_and_descriptions_end_with_the_owner() -> None:
    settings = read(LOCAL | {"crm:namePrefix": "Anna: ", "crm:owner": "crm-team", "crm:protect": "true"})
    assert settings.named("People") == "Anna: People"
    assert settings.described("People") == "People. Owner: crm-team."
    assert settings.tags == {"owner": ["crm-team"]}
    assert (settings.protect, settings.force_destroy) == (True, False)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"crm:colour": "blue"}, "crm:colour is not a valid setting: `pulumi config rm crm:colour` removes it"),
        ({"crm:pipeline": "x"}, "crm:pipeline is not a valid setting: did you mean pipelines?"),
        ({"aep:sandbx": "dev"}, "did you mean aep:sandbox?"),
        ({"aep:sandbox": "Stage One"}, "aep:sandbox is invalid"),
        ({"crm:pipelines": "contacts"}, "Configuration 'crm:pipelines' value 'contacts' is not a valid 'JSON object'"),
        ({"crm:pipelines": '"contacts"'}, "crm:pipelines must be a list of contacts, leads, each at most once"),
        ({"crm:pipelines": '["contact"]'}, "crm:pipelines: 'contact' is not a pipeline: did you mean contacts?"),
        ({"crm:pipelines": '["x"]'}, "crm:pipelines: 'x' is not a pipeline: there are contacts, leads"),
        ({"crm:pipelines": '["leads", "leads"]'}, "crm:pipelines must be a list of contacts, leads, each at most once"),
        ({"crm:schedules": "[]"}, "crm:schedules must be a map of schedules by pipeline"),
        ({"crm:schedules": '{"leads": "hour"}'}, "crm:schedules must be a map of schedules by pipeline"),
        ({"crm:schedules": '{"lead": {"frequency": "day"}}'}, "crm:schedules: 'lead' is not a pipeline: did you mean leads?"),
        ({"crm:shared": "organization/aep/shared", "crm:pipelines": "[]"}, "so this stack would be empty"),
        ({"crm:protect": "perhaps"}, "Configuration 'crm:protect' value 'perhaps' is not a valid 'bool'"),
    ],
)
def test_an_invalid_setting_is_one_sentence(changed: dict[str, str], sentence: str) -> None:
    (problem,) = problems(LOCAL | changed)
    assert sentence in problem


def test_a_missing_list_of_pipelines_is_reported_with_the_command_that_sets_it() -> None:
    sentence = " ".join(problems({key: value for key, value in LOCAL.items() if key != "crm:pipelines"}))
    assert "Missing required configuration variable 'crm:pipelines'" in sentence
    assert "`pulumi config set crm:pipelines <value>`" in sentence


def test_all_problems_are_reported_at_once_without_a_secret() -> None:
    wrong = {"crm:clientID": "x", "crm:pipelines": '["x"]', "aep:sandbox": "Stage One", "crm:clientSecret": "hush hush"}
    reported = problems(REAL | wrong, {"aep:clientSecret"})
    assert [problem.split()[0].rstrip(":") for problem in reported] == [
        "crm:clientID",
        "crm:pipelines",
        "crm:clientSecret",
        "aep:sandbox",
    ]
    assert "hush" not in " ".join(reported)


def test_a_real_sandbox_needs_encrypted_secrets_and_its_own_backend_and_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(REAL).platform.sandbox == "stage"
    (problem,) = problems(REAL, {"aep:clientSecret"})
    assert problem.startswith("crm:clientSecret is in plain text: replace the secret")

    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{CHECKOUT}/.pulumi/state")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "local")
    passphrase, backend = problems(REAL)
    assert passphrase.startswith("PULUMI_CONFIG_PASSPHRASE is the published one")
    assert backend.startswith("PULUMI_BACKEND_URL is this checkout's .pulumi")
    for endpoint in ("local", "http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:8080"):
        read(REAL | {"aep:endpoint": endpoint}, ())

    monkeypatch.setenv("AEP_ENDPOINT", "https://platform.adobe.io")
    assert problems({key: value for key, value in REAL.items() if key != "aep:endpoint"}) == [passphrase, backend]


@pytest.mark.parametrize("stack", ["stage", "prod"])
def test_the_files_of_real_stacks_lack_only_values_of_the_organization(stack: str) -> None:
    file = file_of(stack)
    known = {f"crm:{key}" for key in KEYS} | {f"aep:{field.alias}" for field in PlatformSettings.model_fields.values()}
    assert set(file) <= known
    own = {"aep:clientId", "aep:organization", "crm:clientId", "crm:environmentUrl"}
    reported = problems(file | dict.fromkeys(SECRET, "ours"))
    assert {problem.partition(" is still a placeholder: `pulumi config set ")[0] for problem in reported} == own
    real = read(file | {key: REAL[key] for key in (*own, *SECRET)})
    assert real.pipelines == PIPELINES
    # By default, rows of a real sandbox are not deleted, and other writers are possible.
    assert not real.force_destroy
    assert not file.keys() & {"aep:allowDestructive", "aep:soleWriter"}

    local = {key: value for key, value in file.items() if not key.startswith("aep:c")} | {"aep:endpoint": "local"}
    (problem,) = (each for each in problems(local) if "placeholder" in each)
    assert problem == "aep:organization is still a placeholder: `pulumi config rm aep:organization`"


def test_no_stack_file_has_a_secret_in_plain_text_and_only_dev_has_a_salt() -> None:
    files = sorted((CHECKOUT / "stacks").glob("Pulumi.*.yaml"))
    assert {"Pulumi.dev.yaml", "Pulumi.prod.yaml", "Pulumi.stage.yaml"} <= {file.name for file in files}
    for file in files:
        content = yaml.safe_load(file.read_text())
        for key in SECRET & content["config"].keys():
            assert list(content["config"][key]) == ["secure"]
    assert "encryptionsalt" not in yaml.safe_load((CHECKOUT / "stacks" / "Pulumi.stage.yaml").read_text())
    assert read(file_of("dev")).pipelines == ("contacts",)


def test_stack_dev_may_delete_rows_and_is_the_sole_writer_each_with_a_comment() -> None:
    dev = file_of("dev")
    assert (dev["crm:forceDestroy"], dev["aep:soleWriter"], dev["aep:endpoint"]) == ("true", "true", "local")
    assert read(dev).force_destroy
    lines = (CHECKOUT / "stacks" / "Pulumi.dev.yaml").read_text().splitlines()
    for key in ("crm:forceDestroy", "aep:soleWriter"):
        (at,) = (at for at, line in enumerate(lines) if line.strip().startswith(f"{key}:"))
        assert lines[at - 1].strip().startswith("#")
