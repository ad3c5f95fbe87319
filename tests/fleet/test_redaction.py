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
