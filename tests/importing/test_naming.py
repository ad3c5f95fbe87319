"""Naming: names from titles are stable, unique and usable in code."""

from __future__ import annotations

import keyword

import pytest
from hypothesis import given, strategies as st

from aep_pulumi.importing.naming import short, slug, unique, variable


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Leads of the CRM", "leads-of-the-crm"),
        ("  Ünïcödé   Ñames ", "unicode-names"),
        ("Контакты из CRM", "контакты-из-crm"),
        ("客户资料", "客户资料"),
        ("عملاء المتجر", "fallback"),
        ("عملاء CRM", "crm"),
        ("\u202eevil\u202c order", "evil-order"),
        ("   ", "fallback"),
        ("---", "fallback"),
        ("2024 migration", "2024-migration"),
        ("import os; os.system('true')", "import-os-os-system-true"),
        ("word " * 30, "word-word-word-word-word-word-word-word"),
        ("x" * 100, "x" * 40),
    ],
)
def test_a_title_becomes_words(title: str, name: str) -> None:
    assert slug(title, "fallback") == name


@pytest.mark.parametrize(
    ("name", "word"), [("leads-of-crm", "leads_of_crm"), ("class", "class_"), ("2024-migration", "flow_2024_migration")]
)
def test_a_name_becomes_an_identifier(name: str, word: str) -> None:
    assert variable(name, "flow") == word


@given(st.text())
def test_every_title_has_a_name_and_an_identifier(title: str) -> None:
    name = slug(title, "fallback")
    word = variable(name, "flow")
    assert word.isidentifier()
    assert not keyword.iskeyword(word)
    assert len(name) <= 40
    assert slug(title, "fallback") == name


def test_a_taken_name_gets_a_number() -> None:
    assert unique("leads", {"leads", "leads-2"}) == "leads-3"
    assert unique("leads", {"leads"}, "_") == "leads_2"


def test_an_id_without_letters_has_a_short_form_too() -> None:
    assert short("https://ns.adobe.com/acme/schemas/0123456789ABCDEF") == "89abcdef"
    assert short("---") == "x"
