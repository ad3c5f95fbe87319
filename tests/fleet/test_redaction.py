"""What a worker reports contains no value of a secret, in whatever spelling."""

import json

import pytest

from aep_pulumi.fleet.redaction import Redaction, password_of, secrets_of


@pytest.mark.parametrize(
    "secret", ["plain-value", 'with "quotes" and \\', "<angle> & ampersand", "Ω umlaut ü", "two\nlines-here"]
)
def test_a_secret_is_replaced_in_text_and_in_json(secret: str) -> None:
    clean = Redaction([secret]).clean
    for text in (secret, json.dumps({"error": secret}), json.dumps({"error": secret}, ensure_ascii=False)):
        assert secret not in clean(text)
        assert "[secret]" in clean(text)
    go = json.dumps({"error": secret}, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    assert "[secret]" in clean(go)


def test_redacted_json_is_json() -> None:
    line = json.dumps({"message": 'login as "x" with p"ss\\word failed'})
    assert json.loads(Redaction(['p"ss\\word']).clean(line)) == {"message": 'login as "x" with [secret] failed'}


def test_of_two_secrets_of_which_one_contains_the_other_nothing_is_left() -> None:
    assert Redaction(["secret", "secret-and-more"]).clean("is secret-and-more") == "is [secret]"


def test_short_values_the_public_passphrase_and_none_are_left_alone() -> None:
    assert Redaction(["", "1", "dev"]).clean("1 dev") == "1 dev"
    assert Redaction(["local"]).clean("https://ns.adobe.com/localtenant") == "https://ns.adobe.com/localtenant"
    assert Redaction([]).clean("text") == "text"


def test_each_line_of_a_secret_is_replaced_and_all_of_them_on_one_line() -> None:
    clean = Redaction(["first-line\nxyz\nlast-line\n"]).clean
    assert clean("a first-line xyz last-line b") == "a [secret] b"
    assert clean("only last-line") == "only [secret]"


def test_what_an_event_says_stays_when_a_word_of_it_is_a_secret() -> None:
    urn = "urn:pulumi:dev::delete::pulumi-python:dynamic/aep:Dataset::people"
    metadata = {"op": "delete", "urn": urn, "type": "pulumi-python:dynamic/aep:Dataset", "keys": ["delete"], "old": None}
    event = {"sequence": 1, "resourcePreEvent": {"metadata": metadata}}
    assert json.loads(Redaction(["delete", "metadata", "Dataset", "1"]).events([json.dumps(event)])[0]) == event


def test_the_texts_of_an_event_contain_no_secret() -> None:
    urn = "urn:pulumi:dev::aep::pulumi-python:dynamic/aep:Dataset::"
    state = {"inputs": {"type": "of-value", "list": ["x of-value"], "port": 54321, "other": 543210}, "id": "of-value"}
    event = {
        "sequence": 54321,
        "resourcePreEvent": {"metadata": {"urn": f"{urn}a-of-value", "new": state}},
        "diagnosticEvent": {"message": 'it is {"a": "of-value"}', "urn": f"{urn}a-of-value"},
    }
    lines = Redaction(["of-value", "54321"]).events([json.dumps(event), "{of-value", ""])
    assert json.loads(lines[0]) == {
        "sequence": 54321,
        "resourcePreEvent": {
            "metadata": {
                "urn": f"{urn}a-[secret]",
                "new": {
                    "inputs": {"type": "[secret]", "list": ["x [secret]"], "port": "[secret]", "other": 543210},
                    "id": "[secret]",
                },
            }
        },
        "diagnosticEvent": {"message": 'it is {"a": "[secret]"}', "urn": f"{urn}a-[secret]"},
    }
    assert lines[1:] == ["{[secret]", ""]


@pytest.mark.parametrize("name", ["SSO_AUTH", "AUTH_TOKEN", "auth", "HTTP_AUTHORIZATION", "OAUTH_CODE", "API_KEY", "X_TOKEN_Y"])
def test_the_name_of_a_secret(name: str) -> None:
    assert secrets_of({name: "value"}) == {"value"}


@pytest.mark.parametrize("name", ["GIT_AUTHOR_NAME", "AUTHOR", "COAUTHORS", "TOKENIZERS_PARALLELISM", "KEYBOARD"])
def test_the_name_of_no_secret(name: str) -> None:
    assert secrets_of({name: "value"}) == set()


def test_a_switch_is_no_secret() -> None:
    assert Redaction(secrets_of({"DISABLE_AUTH": "true"})).clean("it is true") == "it is true"


def test_the_secrets_of_an_environment() -> None:
    environment = {
        "AEP_CLIENT_SECRET": "one-secret",
        "AWS_SECRET_ACCESS_KEY": "two-secret",
        "PULUMI_BACKEND_URL": "postgres://user:p%40ss@host/db",
        "HOME": "/home/someone",
        "AEP_SANDBOX": "development",
        "TABLE": "named-one",
    }
    assert secrets_of(environment, ["TABLE"]) == {"one-secret", "two-secret", "p%40ss", "p@ss", "named-one"}


def test_the_password_of_an_address() -> None:
    assert password_of("postgres://host/db") == set()
    assert password_of("https://[broken") == set()
    assert password_of("https://a%2Ftoken@host/x") == {"a%2Ftoken", "a/token"}
    assert password_of("https://a-token:x-oauth-basic@host/x") == {"a-token", "x-oauth-basic"}
    assert password_of("ssh://git@host/x") == set()


def test_the_tokens_in_several_addresses() -> None:
    assert secrets_of({"INDEXES": "https://one-token@a/simple https://two-token@b/simple"}) == {"one-token", "two-token"}
