"""Stack settings: each wrong key is one sentence, all at once, and a real sandbox is kept out of a checkout's own state."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest
import yaml
from settings import CHECKOUT, KEYS, StackSettings

from aep_pulumi.errors import SettingsError

PIPELINES = ("contacts", "leads")
LOCAL = {
    "aep:endpoint": "local",
    "crm:environmentUrl": "https://acme.my.salesforce.com",
    "crm:clientId": "3MVG9",
    "crm:clientSecret": "pretended",
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
OWN = {"PULUMI_BACKEND_URL": "s3://states", "PULUMI_CONFIG_PASSPHRASE": "ours"}


def read(config: dict[str, str], environ: dict[str, str] | None = None, secret: Collection[str] = SECRET) -> StackSettings:
    return StackSettings.read(config, PIPELINES, secret, environ or {})


def problems(config: dict[str, str], environ: dict[str, str] | None = None, secret: Collection[str] = SECRET) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as refused:
        read(config, environ, secret)
    return refused.value.args


def file_of(stack: str) -> dict[str, str]:
    """A stack's file as Pulumi passes it on: lists and maps as JSON, secrets in clear."""
    said: dict[str, Any] = yaml.safe_load((CHECKOUT / "stacks" / f"Pulumi.{stack}.yaml").read_text())["config"]
    passed = {key: "pretended" if isinstance(value, dict) and "secure" in value else value for key, value in said.items()}
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in passed.items()}


def test_a_stack_says_what_differs_and_the_rest_has_defaults() -> None:
    settings = read(LOCAL | {"crm:schedules": '{"contacts": {"frequency": "hour", "interval": 6, "backfill": false}}'})
    assert settings.pipelines == ("contacts",)
    assert settings.account is not None
    assert settings.account.api_version == "60.0"
    assert (settings.organization, settings.sandbox) == ("LOCAL@AdobeOrg", "dev")
    usual: Any = {"frequency": "minute", "interval": 30}
    assert settings.schedule_of("contacts", usual) == {"frequency": "hour", "interval": 6, "backfill": False}
    assert settings.schedule_of("leads", usual) == usual
    assert settings.named("People") == "People"
    assert settings.described("People") is None
    assert settings.tags is None
    assert not settings.protect
    assert not settings.force_destroy


def test_names_begin_with_the_prefix_and_an_owner_is_told() -> None:
    settings = read(LOCAL | {"crm:namePrefix": "Anna: ", "crm:owner": "crm-team", "crm:protect": "true"})
    assert settings.named("People") == "Anna: People"
    assert settings.described("People") == "People. Owner: crm-team."
    assert settings.tags == {"owner": ["crm-team"]}
    assert settings.protect
    assert not settings.force_destroy


def test_a_stack_on_shared_objects_needs_no_account() -> None:
    config = {"crm:pipelines": '["leads"]', "crm:shared": "organization/aep/shared-dev"}
    assert read(config).account is None
    assert "pretended" not in repr(read(LOCAL))


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"crm:colour": "blue"}, "crm:colour is no setting: remove it with `pulumi config rm crm:colour`"),
        ({"crm:pipeline": "x"}, "crm:pipeline is no setting: did you mean crm:pipelines?"),
        ({"aep:sandbx": "dev"}, "aep:sandbx is no setting: did you mean aep:sandbox?"),
        ({"aep:environmentUrl": "x"}, "aep:environmentUrl is no setting: did you mean crm:environmentUrl?"),
        ({"crm:sandbox": "x"}, "crm:sandbox is no setting: did you mean aep:sandbox?"),
        ({"aws:region": "x"}, "aws:region is no setting: remove it with `pulumi config rm aws:region`"),
        ({"crm:pipelines": "contacts"}, "crm:pipelines is wrong (it must be a list): correct it"),
        ({"crm:pipelines": '["contact"]'}, "crm:pipelines names 'contact', which is no pipeline: did you mean contacts?"),
        ({"crm:pipelines": '["x"]'}, "crm:pipelines names 'x', which is no pipeline: stacks/pipelines has contacts, leads"),
        ({"crm:pipelines": '["leads", "leads"]'}, "crm:pipelines names 'leads' more than once: say it once"),
        ({"crm:schedules": "[]"}, "crm:schedules is wrong (it must be a map): correct it"),
        (
            {"crm:schedules": '{"lead": {"frequency": "day"}}'},
            "crm:schedules names 'lead', which is no pipeline: did you mean leads?",
        ),
        (
            {"crm:schedules": '{"leads": {"frequency": "fortnight"}}'},
            "crm:schedules.leads.frequency is wrong ('once', 'minute', 'hour', 'day' or 'week'): correct it",
        ),
        (
            {"crm:schedules": '{"leads": {"interval": 1}}'},
            "crm:schedules.leads.frequency is missing: say it beside the others",
        ),
        (
            {"crm:schedules": '{"leads": {"frequency": "day", "intervall": 1}}'},
            "crm:schedules.leads.intervall is no setting: did you mean interval?",
        ),
        (
            {"crm:shared": "shared-dev", "crm:pipelines": '["leads"]'},
            "crm:shared is wrong (it must be organization/project/stack)",
        ),
        ({"crm:shared": "organization/aep/shared", "crm:pipelines": "[]"}, "this one would hold nothing"),
        ({"crm:protect": "perhaps"}, "crm:protect is wrong (a boolean"),
        (
            {"crm:environmentUrl": "acme"},
            "crm:environmentUrl is wrong (it must be an address such as https://acme.my.salesforce.com",
        ),
        ({"aep:sandbox": "Stage One"}, "aep:sandbox is wrong"),
    ],
)
def test_a_wrong_setting_is_one_sentence(said: dict[str, str], sentence: str) -> None:
    (told,) = problems(LOCAL | said)
    assert sentence in told
    assert "\n" not in told


def test_all_problems_are_told_at_once_and_a_misspelt_key_is_not_missing_too() -> None:
    config = {key: value for key, value in LOCAL.items() if key != "crm:clientId"}
    told = problems(config | {"crm:clientID": "x", "crm:owner": "", "aep:sandbox": "Stage One"})
    assert told[0] == "crm:clientID is no setting: did you mean crm:clientId?"
    assert [sentence.partition(" ")[0] for sentence in told] == ["crm:clientID", "aep:sandbox", "crm:owner"]


def test_what_is_missing_is_told_with_the_command_that_sets_it() -> None:
    assert problems({}) == (
        "crm:environmentUrl is missing: set it with `pulumi config set crm:environmentUrl …`",
        "crm:clientId is missing: set it with `pulumi config set crm:clientId …`",
        "crm:clientSecret is missing: set it with `pulumi config set --secret crm:clientSecret …`",
        "crm:pipelines is missing: set it as a list, such as [contacts]",
    )


def test_no_secret_is_ever_told() -> None:
    for secret in ("crm:clientSecret", "aep:clientSecret"):
        told = problems(REAL | {secret: "hush hush", "crm:protect": "perhaps"}, OWN)
        assert "hush" not in " ".join(told)


def test_a_real_sandbox_has_its_secrets_encrypted_its_own_backend_and_its_own_passphrase(tmp_path: Path) -> None:
    assert read(REAL, OWN).sandbox == "stage"

    (told,) = problems(REAL, OWN, {"aep:clientSecret"})
    assert told.startswith("crm:clientSecret stands there in clear")

    for backend in (f"file://{CHECKOUT}/.pulumi/state", "file://.pulumi/state"):
        (told,) = problems(REAL, OWN | {"PULUMI_BACKEND_URL": backend})
        assert "PULUMI_BACKEND_URL or with `pulumi login`" in told
    (tmp_path / "credentials.json").write_text(json.dumps({"current": f"file://{CHECKOUT}/.pulumi/state"}))
    (told,) = problems(REAL, {"PULUMI_HOME": str(tmp_path)})
    assert "in this checkout's .pulumi" in told
    for backend in ("file://~", f"file://{tmp_path}", "https://api.pulumi.com", "azblob://states"):
        read(REAL, OWN | {"PULUMI_BACKEND_URL": backend})

    (tmp_path / "passphrase").write_text("local\n")
    for published in ({"PULUMI_CONFIG_PASSPHRASE": "local"}, {"PULUMI_CONFIG_PASSPHRASE_FILE": str(tmp_path / "passphrase")}):
        (told,) = problems(REAL, OWN | published)
        assert told.startswith("PULUMI_CONFIG_PASSPHRASE is the one that this project publishes")


def test_on_this_machine_nothing_is_secret() -> None:
    published = {"PULUMI_BACKEND_URL": f"file://{CHECKOUT}/.pulumi/state", "PULUMI_CONFIG_PASSPHRASE": "local"}
    for endpoint in ("local", "http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:8080"):
        read(REAL | {"aep:endpoint": endpoint}, published, set())
    elsewhere = {key: value for key, value in REAL.items() if key != "aep:endpoint"}
    told = problems(elsewhere, published | {"AEP_ENDPOINT": "https://platform.adobe.io"})
    assert len(told) == 2


@pytest.mark.parametrize("stack", ["stage", "prod"])
def test_the_files_of_real_stacks_need_an_organisations_own_values_and_nothing_else(stack: str) -> None:
    file = file_of(stack)
    assert set(file) <= KEYS
    own = {"aep:clientId", "aep:organization", "crm:clientId", "crm:environmentUrl"}
    (told,) = problems(file | dict.fromkeys(SECRET, "ours"), OWN)
    assert told.startswith(
        "aep:clientId, aep:organization, crm:clientId and crm:environmentUrl still hold a placeholder (YOUR-…): "
    )
    assert {key for key, value in file.items() if "YOUR-" in value} == own
    filled = {key: REAL[key] for key in (*own, *SECRET)}
    real = read(file | filled, OWN)
    assert real.pipelines == PIPELINES
    # Rows of a real sandbox are lost by nobody's default, and whoever else writes to it nobody can know beforehand.
    assert not real.force_destroy
    assert not file.keys() & {"aep:allowDestructive", "aep:soleWriter"}

    local = {key: value for key, value in file.items() if not key.startswith("aep:c")} | {"crm:clientSecret": "pretended"}
    (told,) = problems(local | {"aep:endpoint": "local"})
    assert told.startswith("aep:organization still holds a placeholder (YOUR-…): the local Platform has its own")


def test_no_file_of_a_stack_holds_a_secret_in_clear_and_only_dev_has_a_salt() -> None:
    files = sorted((CHECKOUT / "stacks").glob("Pulumi.*.yaml"))
    assert {"Pulumi.dev.yaml", "Pulumi.prod.yaml", "Pulumi.stage.yaml"} <= {file.name for file in files}
    for file in files:
        said = yaml.safe_load(file.read_text())
        for key in SECRET & said["config"].keys():
            assert list(said["config"][key]) == ["secure"]
    assert "encryptionsalt" not in yaml.safe_load((CHECKOUT / "stacks" / "Pulumi.stage.yaml").read_text())
    assert read(file_of("dev")).pipelines == ("contacts",)


def test_stack_dev_says_that_its_rows_may_go_and_that_nobody_else_writes_each_with_its_reason() -> None:
    dev = file_of("dev")
    assert (dev["crm:forceDestroy"], dev["aep:soleWriter"], dev["aep:endpoint"]) == ("true", "true", "local")
    assert read(dev).force_destroy
    lines = (CHECKOUT / "stacks" / "Pulumi.dev.yaml").read_text().splitlines()
    for key in ("crm:forceDestroy", "aep:soleWriter"):
        (at,) = (at for at, line in enumerate(lines) if line.strip().startswith(f"{key}:"))
        assert lines[at - 1].strip().startswith("#")
