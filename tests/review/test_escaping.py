"""Untrusted names: no output contains markup, a mention or a link from a name."""

import json
import re
import runpy
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from hypothesis import given, strategies as st
from markdown_it import MarkdownIt
from recordings import events, lines_of, plan, reviewed

from aep_pulumi.review import Preview, Review, machine, markdown, page, review_of
from aep_pulumi.review.events import Event, State, read
from aep_pulumi.review.wording import Untrusted, shortened, text, visible

is_safe = runpy.run_path(str(Path(__file__).parents[2] / "tools/ci/comment.py"))["is_safe"]
"""The marker by which the commenting job recognises a review."""
TAGS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "h1",
        "h2",
        "h3",
        "p",
        "b",
        "i",
        "ul",
        "li",
        "code",
        "pre",
        "span",
        "div",
    ),
    *("svg", "path", "table", "thead", "tbody", "tr", "th", "td", "details", "summary"),
}
MARKUP = {"<code>", "</code>"}
BLOCK = re.compile(r"</?details>|<details><summary>\d+ (fields?|advisory|advisories)</summary>")
CLASS = re.compile(r"lost|soft|verdict [a-z]+|(op|box) (same|create|update|replace|delete|other)")
NODE = re.compile(r'  n\d+\["<b>[a-z ]+</b>(<br/>[^"<>`@]*)+"\]')
NASTY = [
    '"><script>',
    "@everyone | x",
    "`` ` ```",
    "</code></details><img src=x onerror=alert(1)>",
    "[a](javascript:alert(1))",
    "![a](https://example.com/a.png)",
    "https://example.com www.example.com me@example.com #1 owner/repo#1",
    "a\n\n# heading\n- item\n```\n",
    "\u202eevil\u2066",
    "$`x`$ ~~no~~ **no** _no_ <!-- no -->",
    "&lt;script&gt; &amp; \\",
    "style:#64; classDef x fill:#fff;",
    "'; alert(1); //",
    " ",
    "",
]
STRANGE = st.one_of(
    st.sampled_from(NASTY),
    st.text(alphabet=st.sampled_from("`|<>\"'&@#[]()*_~\\$!:/ \n\r\ta1w.-+=\u202e"), max_size=24),
    st.text(max_size=24),
)
RENAMED = (
    "Leads",
    "Lead",
    "New people",
    "Contact",
    "CRM account",
    "personalEmail.address",
    "Email",
    "leads-dataflow",
    "minimum-interval",
)


class Page(HTMLParser):
    """Collects what a browser would parse as markup, and what as text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()
        self.text = ""
        self.depth = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Markup."""
        self.tags.add(tag)
        self.attributes.update(attrs)
        self.depth += tag not in {"meta", "path"}

    def handle_endtag(self, tag: str) -> None:
        """Markup."""
        self.depth -= tag != "path"

    def handle_data(self, data: str) -> None:
        """Text."""
        self.text += data

    def handle_comment(self, data: str) -> None:
        """Comment."""
        raise AssertionError(data)


def renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {renamed(key, names): renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [renamed(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value


def hostile(names: dict[str, str]) -> Review:
    recorded = [event if "summaryEvent" in event else renamed(event, names) for event in events("new_pipeline")]
    recorded[-2:-2] = [
        {"sequence": 0, "diagnosticEvent": {"severity": "warning", "message": names["Leads"]}},
        {"sequence": 0, "diagnosticEvent": {"severity": "warning", "message": f"{names['Leads']}\n{names['Email']}"}},
        {
            "sequence": 0,
            "policyEvent": {
                "policyName": names["Lead"],
                "policyPackName": names["Email"],
                "enforcementLevel": "mandatory",
                "resourceUrn": f"urn:x::{names['Contact']}",
                "message": names["New people"],
            },
        },
    ]
    return review_of(read(lines_of(recorded), wiring=plan("new_pipeline")))


def assert_harmless_page(text: str) -> None:
    parsed = Page(text)
    assert parsed.tags <= TAGS
    assert parsed.depth == 0
    plain = Page(page.render(reviewed("new_pipeline"))).attributes
    assert all(name == "class" and CLASS.fullmatch(value or "") for name, value in parsed.attributes - plain)
    assert "\u202e" not in text


def assert_harmless_markdown(text: str) -> None:
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    columns: list[int] = []
    for token in tokens:
        assert token.type not in {"blockquote_open_nested", "code_block", "hr"}
        if token.type == "html_block":
            assert all(BLOCK.fullmatch(line) for line in token.content.strip().split("\n")), token.content
        if token.type == "fence" and token.info == "mermaid":
            for line in token.content.splitlines()[1:]:
                assert not line.startswith("  n") or NODE.fullmatch(line) or re.fullmatch(r"  n0( --> n\d)+", line), line
        if token.type == "tr_open":
            columns.append(0)
        if token.type in {"td_open", "th_open"}:
            columns[-1] += 1
        assert_harmless_line(token.children or [])
    assert set(columns) <= {3, 4}
    assert "@" not in re.sub(r"```text.*?```", "", text, flags=re.DOTALL) or "````" in text


def assert_harmless_line(tokens: list[Any]) -> None:
    inside = False
    for token in tokens:
        assert token.type in {
            "text",
            "code_inline",
            "html_inline",
            "em_open",
            "em_close",
            "strong_open",
            "strong_close",
            "softbreak",
            "text_special",
        }
        if token.type == "html_inline":
            assert token.content in MARKUP
            inside = token.content == "<code>"
        elif token.type in {"text", "text_special"} and not inside:
            assert not re.search(r"[@<>|`]|https?:|www\.|#\d", token.content), token.content
    assert not inside


@given(st.lists(STRANGE, min_size=len(RENAMED), max_size=len(RENAMED)))
def test_no_name_escapes_its_context_in_any_output(names: list[str]) -> None:
    review = hostile(dict(zip(RENAMED, names, strict=True)))
    assert_harmless_page(page.render(review))
    assert_harmless_markdown(markdown.render(review))
    assert is_safe(markdown.render(review))
    text = machine.render(review)
    json.loads(text)
    assert not set("<>&@") & set(text)
    assert text.isascii()


def renamed_dataset(old: str, new: str, title: str) -> Review:
    """A rename of a dataset with hostile names."""
    type_ = "pulumi-python:dynamic/aep:Dataset"
    state = State("1", "urn:pulumi:dev::aep::pulumi:pulumi:Stack::aep-dev", {"name": title}, {}, retained=False)
    steps = [
        Event((op,), f"urn:pulumi:dev::aep::{type_}::{name}", type_, before, after, frozenset(), frozenset())
        for op, name, before, after in (("create", new, None, state), ("delete", old, state, None))
    ]
    return review_of(Preview("aep", "dev", failed=False, steps=tuple(steps)))


@given(STRANGE, STRANGE, STRANGE)
def test_no_name_escapes_its_context_in_the_sentence_about_a_rename(old: str, new: str, title: str) -> None:
    review = renamed_dataset(old.replace(":", ""), new.replace(":", "") + "2", title)
    assert len(review.renames) == 1
    assert_harmless_page(page.render(review))
    assert_harmless_markdown(markdown.render(review))
    assert is_safe(markdown.render(review))
    assert not set("<>&@") & set(machine.render(review))


def test_known_attacks_are_harmless_in_every_output() -> None:
    review = reviewed("hostile_names")
    assert_harmless_page(page.render(review))
    assert_harmless_markdown(markdown.render(review))
    assert "<script" not in page.render(review) + markdown.render(review) + machine.render(review)
    assert "@everyone" not in markdown.render(review) + machine.render(review)
    assert '"><script>' in Page(page.render(review)).text
    assert "@everyone | x" in Page(page.render(review)).text


@given(STRANGE)
def test_a_name_in_markdown_is_rendered_unchanged(name: str) -> None:
    rendered = MarkdownIt("commonmark").enable("table").render(f"| {markdown.code(name)} | x |\n|---|---|\n")
    cell = Page(rendered.partition("</th>")[0]).text.strip("\n")
    assert cell.strip() == (visible(name).strip() or "(empty)" if name == "" else visible(name).strip())


@given(STRANGE)
def test_visible_text_is_one_printable_line_of_utf8(raw: str) -> None:
    shown = visible(raw + "\ud800")
    shown.encode()
    assert "\n" not in shown
    assert "\u202e" not in shown


@given(st.text(max_size=900), st.text(max_size=900))
def test_two_long_texts_that_differ_still_differ_when_shortened(old: str, new: str) -> None:
    short = shortened(old, new)
    assert (short[0] == short[1]) == (old == new)
    assert max(map(len, short)) < 450


def test_untrusted_text_in_a_sentence_is_a_separate_token() -> None:
    assert text("dataset {}: lost", "{}") == ("dataset ", Untrusted("{}"), ": lost")
