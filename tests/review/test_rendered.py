"""A comment, as rendered by GitHub's own renderer: no link, picture or tag but ours, whatever the review contains."""

from __future__ import annotations

import re
import runpy
from html.parser import HTMLParser
from pathlib import Path

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import given, strategies as st
from recordings import reviewed
from test_escaping import RENAMED, STRANGE, hostile

from aep_pulumi.review import markdown

COMMENT = runpy.run_path(str(Path(__file__).parents[2] / "tools/ci/comment.py"))
RUN = "https://github.com/acme/crm/actions/runs/77"
OURS = {
    *("h2", "h3", "p", "strong", "em", "del", "code", "pre", "ul", "ol", "li", "blockquote", "hr", "br"),
    *("table", "thead", "tbody", "tr", "th", "td", "details", "summary"),
    *("h1", "h4", "h5", "h6"),  # headings in untrusted text: they only look like ours
}
ATTRIBUTES = {("pre", "lang", "text"), ("pre", "lang", "mermaid"), ("td", "align"), ("th", "align"), ("ol", "start")}


class Rendered(HTMLParser):
    """A comment's HTML from GitHub's renderer, before sanitising."""

    def __init__(self, review: str) -> None:
        super().__init__()
        run = {
            "head_sha": "a" * 40,
            "html_url": RUN,
            "head_repository": {"full_name": "acme/crm"},
            "repository": {"full_name": "acme/crm"},
        }
        whole = f"{COMMENT['marker']('dev')}\n{review}\n{COMMENT['footer'](run)}\n"
        self.links: list[str | None] = []
        self.others: list[str] = []
        self.comments: list[str] = []
        options = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_GITHUB_PRE_LANG | Options.CMARK_OPT_FOOTNOTES
        self.html = cmarkgfm.github_flavored_markdown_to_html(whole, options)
        self.feed(self.html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A link, one of our tags, or another."""
        if tag == "a":
            self.links.append(dict(attrs).get("href"))
        elif tag not in OURS or any((tag, *pair) not in ATTRIBUTES and (tag, pair[0]) not in ATTRIBUTES for pair in attrs):
            self.others.append(f"{tag} {attrs}")

    def handle_comment(self, data: str) -> None:
        """The marker, or another."""
        self.comments.append(data)

    def handle_decl(self, decl: str) -> None:
        """Not ours."""
        self.others.append(decl)

    def unknown_decl(self, data: str) -> None:
        """Not ours."""
        self.others.append(data)

    def handle_pi(self, data: str) -> None:
        """Not ours."""
        self.others.append(data)

    @property
    def is_harmless(self) -> bool:
        """Whether everything is ours: the only link is the footer's."""
        return self.links in ([RUN], []) and self.others == [] and self.comments == [" aep review: dev "]


SHOWN = [
    *("[Approve](https://evil.example)", "![x](https://evil.example/x.png)", "<img src=x>", "<a href=x>y</a>"),
    *("https://evil.example", "www.evil.example", "me@evil.example", "<https://evil.example>", "<!-- x -->"),
    "<code>me&#64;evil.example</code>",
]
"""Text that the renderer turns into links, pictures and tags."""
LIVE = [
    *(
        *SHOWN,
        "<script>x</script>",
        "[w]: https://evil.example",
        "[w]",
        "[^1]",
        "&lt;",
        "<?x?>",
        "<![CDATA[x]]>",
        "<!X y>",
        "xmpp:x",
    ),
    *("me", "&#64;", "&#064;", "evil.example"),
]
TAME = [
    *("`", "``", "```", "````", "`a`", "`` ` ``", "```text\n", "```mermaid\nflowchart LR\n", "```\n", "````text\n", "\n```\n"),
    *("<details><summary>1 field</summary>\n\n", "<details><summary>1 field</summary>", "</details>\n\n", "</details>"),
    *(
        "<code>x</code>",
        "<code>&#64;b.c</code>",
        "<code>&#64;",
        "<code>",
        "</code>",
        "b.c",
        "~~",
        "$",
        "\n",
        "\n\n",
        "\n\n\n",
        " ",
        "    ",
        "  ",
        "> ",
        "- ",
        "1. ",
        "# ",
        "| a | b |\n|---|---|\n",
    ),
    *("|", "---", "===", "***", "*", "_", "word", "a", "#", ":", "/", "\\", "!", "(", ")"),
]
CONTROLS = [*"\r\0\x0b\x0c\x1c\x85\u2028\u2029\u202e\t", "\r\n", "\r```", "```\r"]


def texts(*atoms: list[str]) -> st.SearchStrategy[str]:
    """Texts of tokens that a renderer interprets, adjacent to one another."""
    return st.lists(st.one_of(*map(st.sampled_from, atoms)), max_size=12).map("".join)


def around(before: str, after: str) -> st.SearchStrategy[str]:
    """Any text in code, between texts that may end or begin code."""
    parts = st.tuples(texts(TAME), texts(TAME, LIVE, CONTROLS), texts(TAME))
    return parts.map(lambda each: f"{each[0]}{before}{each[1]}{after}{each[2]}")


@given(texts(TAME, LIVE, CONTROLS) | around("`", "`") | around("\n```text\n", "\n```\n") | texts(TAME))
def test_rendered_text_has_no_link_picture_or_tag_but_ours(text: str) -> None:
    review = f"## aep review: stack `dev` of project `aep`\n\n{text}\n"
    if COMMENT["is_safe"](review):
        assert Rendered(review).is_harmless, Rendered(review).html


@pytest.mark.parametrize("text", [*SHOWN, "```[Approve](https://evil.example) ![x](y)\r```"])
def test_unescaped_text_is_rendered_as_markup_so_the_test_above_can_fail(text: str) -> None:
    assert not Rendered(f"## aep review\n\n{text}\n").is_harmless


@given(st.lists(STRANGE | texts(TAME, LIVE, CONTROLS), min_size=len(RENAMED), max_size=len(RENAMED)))
def test_a_review_with_hostile_names_is_rendered_and_harmless(names: list[str]) -> None:
    review = markdown.render(hostile(dict(zip(RENAMED, names, strict=True))))
    assert COMMENT["is_safe"](review)
    rendered = Rendered(review)
    assert rendered.is_harmless, rendered.html
    assert rendered.links == [RUN]


def test_a_real_review_keeps_its_tables_and_folds() -> None:
    rendered = Rendered(markdown.render(reviewed("new_pipeline")))
    assert rendered.is_harmless
    assert rendered.links == [RUN]
    assert re.search(r"<table>.*<details>", rendered.html, re.DOTALL)
