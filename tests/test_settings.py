"""Settings: where they are read from, and one sentence for each that is missing, invalid or misspelt."""

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from aep_pulumi.errors import SettingsError
from aep_pulumi.settings import Settings, unsafe_url

WHOLE = {
    "aep:endpoint": "https://platform.adobe.io",
    "aep:organization": "ABC@AdobeOrg",
    "aep:sandbox": "dev",
    "aep:clientId": "client",
    "aep:clientSecret": "s3cr3t-value",
}


def read(config: dict[str, str] | None = None, **environ: str) -> Settings:
    return Settings.read(config or {}, environ)


def rejection(config: dict[str, str] | None = None, **environ: str) -> str:
    with pytest.raises(SettingsError) as raised:
        read(config, **environ)
    return str(raised.value)


def without(*names: str, **changed: str) -> dict[str, str]:
    kept = {name: value for name, value in WHOLE.items() if name not in names}
    return kept | {f"aep:{name}": value for name, value in changed.items()}


def test_without_settings_the_local_platform_is_used_with_its_published_credentials() -> None:
    settings = read()
    assert settings.is_local
    assert (settings.organization, settings.sandbox, settings.client_id) == ("LOCAL@AdobeOrg", "dev", "local-client")


def test_a_stack_may_set_another_sandbox_of_the_local_platform() -> None:
    assert read({"aep:endpoint": "local", "aep:sandbox": "stage"}).sandbox == "stage"


def test_the_environment_provides_what_the_stack_omits() -> None:
    assert read(without("aep:sandbox"), AEP_SANDBOX="from-env").sandbox == "from-env"


def test_the_stack_takes_precedence_over_the_environment() -> None:
    assert read(WHOLE, AEP_SANDBOX="from-env").sandbox == "dev"


def test_the_environment_alone_is_enough() -> None:
    settings = read(
        AEP_ENDPOINT="https://platform.adobe.io/",
        AEP_ORGANIZATION="ABC@AdobeOrg",
        AEP_SANDBOX="prod",
        AEP_CLIENT_ID="client",
        AEP_ACCESS_TOKEN="token\n",  # noqa: S106 - test value
    )
    assert settings.endpoint == "https://platform.adobe.io"
    assert settings.access_token is not None
    assert settings.access_token.get_secret_value() == "token"


@pytest.mark.parametrize("empty", ["", " "])
def test_an_empty_value_counts_as_not_set(empty: str) -> None:
    assert "aep:sandbox is required" in rejection(without("aep:sandbox"), AEP_SANDBOX=empty)
    assert "no credentials" in rejection(without("aep:clientSecret", accessToken=empty), AEP_CLIENT_SECRET=empty)


@pytest.mark.parametrize(
    ("name", "variable"), [("organization", "AEP_ORGANIZATION"), ("sandbox", "AEP_SANDBOX"), ("clientId", "AEP_CLIENT_ID")]
)
def test_a_missing_setting_is_named_with_both_places_to_set_it(name: str, variable: str) -> None:
    assert rejection(without(f"aep:{name}")) == (
        f"aep:{name} is required, but not set: set it with `pulumi config set aep:{name} …` or {variable}"
    )


def test_missing_credentials_are_reported_with_the_command_that_keeps_them_secret() -> None:
    assert rejection(without("aep:clientSecret")) == (
        "no credentials: set aep:clientSecret (`pulumi config set --secret aep:clientSecret …`, or AEP_CLIENT_SECRET), "
        "or aep:accessToken"
    )


def test_all_missing_settings_are_reported_at_once() -> None:
    message = rejection({"aep:endpoint": "https://platform.adobe.io"})
    is_named = [f"aep:{name} is required" in message for name in ("organization", "sandbox", "clientId")]
    assert (is_named, "no credentials" in message) == ([True] * 3, True)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("sandbox", "Dev", "should match pattern"),
        ("sandbox", "two words", "should match pattern"),
        ("organization", "ABC", "'ABC' is not an organisation id, which ends in @AdobeOrg: copy it"),
        ("organization", "ABC@Adobe", "'ABC@Adobe' is not an organisation id, which ends in @AdobeOrg: copy it"),
        ("organization", "@AdobeOrg", "'@AdobeOrg' is not an organisation id, which ends in @AdobeOrg: copy it"),
        ("organization", "A B@AdobeOrg", "'A B@AdobeOrg' is not an organisation id, which ends in @AdobeOrg: copy it"),
        ("clientId", "té", "should match pattern"),
        ("retryBudget", "-1", "greater than or equal to 0"),
        ("allowDestructive", "perhaps", "valid boolean"),
        ("readTimeoutS", "soon", "valid number"),
        ("readTimeoutS", "0", "greater than 0"),
        ("connectTimeoutS", "-1", "greater than 0"),
        ("readTimeoutS", "1e12", "less than or equal to 86400"),
        ("deadlineS", "inf", "finite number"),
        ("settleS", "nan", "finite number"),
        ("startMarginS", "1.5", "valid integer"),
        ("startMarginS", "-1", "greater than or equal to 0"),
    ],
)
def test_an_invalid_setting_is_named_with_the_reason_and_both_places_to_correct_it(name: str, value: str, why: str) -> None:
    message = rejection(without(**{name: value}))
    assert message.startswith(f"aep:{name} is invalid (")
    assert why in message
    assert "): correct it in the stack's config or in AEP_" in message


def test_a_ca_bundle_must_exist_and_contain_a_certificate(tmp_path: Path) -> None:
    assert rejection(without(caBundle="nowhere.pem")).startswith(
        f"aep:caBundle is invalid (there is no file '{Path.cwd()}/nowhere.pem'"
    )
    missing, empty, der = (tmp_path / name for name in ("missing.pem", "empty.pem", "binary.der"))
    empty.touch()
    der.write_bytes(b"\x30\x82\x01\x0a\xff")
    place = "correct it in the stack's config or in AEP_CA_BUNDLE"
    assert rejection(without(caBundle=str(missing))) == f"aep:caBundle is invalid (there is no file {str(missing)!r}): {place}"
    assert rejection(without(caBundle=str(tmp_path))) == f"aep:caBundle is invalid (there is no file {str(tmp_path)!r}): {place}"
    for wrong in (empty, der):
        assert rejection(without(caBundle=str(wrong))) == (
            f"aep:caBundle is invalid ({str(wrong)!r} contains no PEM certificate, which starts with "
            f"-----BEGIN CERTIFICATE-----): {place}"
        )


def test_an_endpoint_without_tls_is_rejected() -> None:
    assert rejection(without(endpoint="http://platform.adobe.io")) == (
        "aep:endpoint is 'http://platform.adobe.io', but credentials would be sent unencrypted: use https"
    )


@pytest.mark.parametrize("name", ["clientSecret", "accessToken"])
@pytest.mark.parametrize("secret", ["hunter two", "hunter\ntwo", "hünter"])
def test_a_credential_that_is_not_a_valid_header_is_rejected_and_redacted(name: str, secret: str) -> None:
    message = rejection(without(**{name: secret}))
    assert message.startswith(f"aep:{name} is invalid (")
    assert "nter" not in message


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("sandbx", "sandbox"),
        ("clientid", "clientId"),
        ("client_secret", "clientSecret"),
        ("organisation", "organization"),
        ("imsEndpont", "imsEndpoint"),
        ("allowDestructiv", "allowDestructive"),
        ("scope", "scopes"),
    ],
)
def test_a_misspelt_setting_is_rejected_with_a_suggestion(misspelt: str, meant: str) -> None:
    assert rejection(without(**{misspelt: "hunter2"})) == f"aep:{misspelt} is not a valid setting: did you mean aep:{meant}?"


def test_all_misspelt_settings_are_reported_at_once() -> None:
    message = rejection({"aep:sandbx": "dev", "aep:clientid": "client"})
    assert message == (
        "aep:sandbx is not a valid setting: did you mean aep:sandbox? "
        "aep:clientid is not a valid setting: did you mean aep:clientId?"
    )


def test_keys_of_the_program_and_of_other_namespaces_are_ignored() -> None:
    config = WHOLE | {"aep:tables": "[]", "crm:clientSecrt": "x", "other:sandbx": "y", "sandbx": "z"}
    assert read(config) == read(WHOLE)


@pytest.mark.parametrize("form", [repr, str, lambda settings: settings.model_dump_json(), lambda settings: f"{settings!r:>9}"])
def test_the_repr_of_settings_contains_no_secret(form: Callable[[Settings], str]) -> None:
    assert "s3cr3t" not in form(read(without(accessToken="s3cr3t-token")))


def test_settings_cannot_be_pickled() -> None:
    with pytest.raises(TypeError, match="secrets"):
        pickle.dumps(read(WHOLE))


def test_equal_settings_are_equal_keys() -> None:
    assert len({read(WHOLE), read(dict(WHOLE)), read(without(sandbox="other"))}) == 2


@pytest.mark.parametrize(
    "url",
    [
        "https://platform.adobe.io",
        "https://platform-va7.adobe.io",
        "https://ims-na1.adobelogin.com",
        "HTTPS://Platform.Adobe.IO",
        "http://127.0.0.1:8080",
        "http://localhost:8080",
        "http://[::1]:8080",
    ],
)
def test_credentials_may_go_to_adobe_and_to_this_machine(url: str) -> None:
    assert unsafe_url(url) == ""


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://platform.adobe.io", "credentials would be sent unencrypted"),
        ("https://platform.adobe.io.evil.example", "is not an Adobe host"),
        ("https://adobe.io", "is not an Adobe host"),
        ("https://evil-adobe.io", "is not an Adobe host"),
        ("https://localhost.evil.example", "is not an Adobe host"),
        ("https://platform.adobe.io@evil.example", "it must be"),
        ("https://evil.example\\@platform.adobe.io", "it must be"),
        ("https://evil.example#.adobe.io", "it must be"),
        ("https://evil.example?.adobe.io", "it must be"),
        ("https://evil.example\t.adobe.io", "it must be"),
        ("https://[abc", "it must be"),
        ("https://", "it must be"),
        ("ftp://platform.adobe.io", "it must be"),
        ("platform.adobe.io", "it must be"),
        ("", "it must be"),
    ],
)
def test_credentials_may_not_go_anywhere_else(url: str, why: str) -> None:
    assert why in unsafe_url(url)


@pytest.mark.parametrize("name", ["endpoint", "imsEndpoint"])
def test_an_unknown_host_is_rejected_with_the_variable_that_allows_it(name: str) -> None:
    assert rejection(without(**{name: "https://evil.example"})) == (
        f"aep:{name} is 'https://evil.example', but evil.example is not an Adobe host: to send credentials there, add it to "
        "the environment variable AEP_ALLOW_HOSTS"
    )


def test_the_environment_may_allow_further_hosts() -> None:
    config = without(endpoint="https://proxy.acme.example", imsEndpoint="https://ims.acme.example")
    assert read(config, AEP_ALLOW_HOSTS="proxy.acme.example, IMS.acme.example").endpoint == "https://proxy.acme.example"


def test_a_stack_cannot_allow_hosts() -> None:
    assert "is not an Adobe host" in rejection(without(endpoint="https://evil.example", allowHosts="evil.example"))


@pytest.mark.parametrize("name", ["allow_destructive", "sole_writer"])
@pytest.mark.parametrize(
    ("value", "is_set"),
    [
        ("true", True),
        ("True", True),
        ("1", True),
        (" true ", True),
        ("false", False),
        ("0", False),
        ("", False),
        ("perhaps", False),
    ],
)
def test_a_flag_is_read_without_other_settings_and_is_false_if_invalid(name: str, value: str, *, is_set: bool) -> None:
    alias = Settings.model_fields[name].alias
    assert Settings.flag(name, {f"aep:{alias}": value}, {}) is is_set
    assert Settings.flag(name, {}, {f"AEP_{name.upper()}": value}) is is_set
    assert Settings.flag(name, {f"aep:{alias}": "false"}, {f"AEP_{name.upper()}": "true"}) is False, "the stack takes precedence"


@pytest.mark.parametrize("name", ["allow_destructive", "allow_production", "sole_writer"])
def test_permissions_and_trust_are_off_unless_set(name: str) -> None:
    assert getattr(read(), name) is False
    assert getattr(read({f"aep:{Settings.model_fields[name].alias}": "true"}), name) is True


@pytest.mark.parametrize("name", ["endpoint", "imsEndpoint"])
@pytest.mark.parametrize(
    "url",
    [
        "https://someone:hunter2@platform.adobe.io",
        "https://hunter2@platform.adobe.io",
        "https://someone:hun@ter2@platform.adobe.io/",
        "someone:hunter2@platform.adobe.io",
        "https://platform.adobe.io?token=hunter2",
        "https://platform.adobe.io#hunter2",
        "http://someone:hunter2@127.0.0.1:9",
        "https:\\\\someone:hunter2@platform.adobe.io",
    ],
)
def test_a_password_in_an_address_is_rejected_and_redacted(name: str, url: str) -> None:
    message = rejection(without(**{name: url}))
    assert message.startswith(f"aep:{name} is rejected (not shown, because it may contain a password): it must be ")
    assert "hunter2" not in message
    assert "ter2" not in message
