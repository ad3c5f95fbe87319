"""The commenting job against a fake of GitHub's API: the content of artifacts is untrusted text."""

import io
import json
import re
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner

from aep_pulumi.cli import aep

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
HEAD, TOKEN, RUN = "a" * 40, "a-token", 77
REVIEW = "## aep review: stack `dev` of project `aep`\n\n**Changes.** 1 updated, 6 unchanged.\n"
MAX_STACKS = 20
"""The most stacks of which one run posts a review."""
EVENTS = ROOT / "tests/review/events"


def zipped(text: str, name: str = "review.md", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr(name, text)
    return file.getvalue()


def damaged(method: int) -> bytes:
    """An archive with valid headers and damaged data."""
    content = bytearray(zipped(REVIEW * 9, method=method))
    data = 30 + len("review.md")
    content[data : data + 40] = b"\xff" * 40
    return bytes(content)


def wrong_offset() -> bytes:
    """An archive whose directory has the wrong offset of the file."""
    content = bytearray(zipped(REVIEW))
    at = content.index(b"PK\x01\x02") + 42
    content[at : at + 4] = b"\xff\xff\xff\x7f"
    return bytes(content)


@dataclass
class FakeGitHub:
    """The content of GitHub, and the requests to write."""

    folder: Path
    url: str = ""
    artifacts: dict[str, bytes] = field(default_factory=dict)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    written: list[tuple[str, str, str]] = field(default_factory=list)
    tokens: dict[str, str | None] = field(default_factory=dict)
    forbidden: set[str] = field(default_factory=set)
    """The paths that return 403."""

    def pull(self, number: int = 5, sha: str = HEAD, repository: str = "acme/crm") -> None:
        """Add an open pull request."""
        self.pulls.append({"number": number, "head": {"sha": sha, "repo": {"full_name": repository}}})

    def comment(self, body: str, login: str = "github-actions[bot]", number: int = 1) -> None:
        """Add a comment."""
        self.comments.append({"id": number, "body": body, "user": {"login": login}})

    def run(self, repository: str = "acme/crm") -> subprocess.CompletedProcess[str]:
        """Run the job after a run of preview.yml."""
        owner = repository.split("/", maxsplit=1)[0]
        run = {
            "id": RUN,
            "head_sha": HEAD,
            "head_branch": "a&b=c",
            "head_repository": {"full_name": repository, "owner": {"login": owner}},
            "repository": {"full_name": "acme/crm"},
            "html_url": "https://github.com/acme/crm/actions/runs/77",
        }
        event = self.folder / "event.json"
        event.write_text(json.dumps({"workflow_run": run}))
        environment = {
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_REPOSITORY": "acme/crm",
            "GITHUB_API_URL": self.url,
            "GITHUB_TOKEN": TOKEN,
        }
        words = [sys.executable, "-I", str(ROOT / "tools/ci/comment.py")]
        ran = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=60)
        assert "Traceback" not in ran.stderr
        assert TOKEN not in ran.stdout + ran.stderr
        return ran

    def posted(self, artifacts: dict[str, bytes]) -> dict[str, str]:
        """Run the job for these artifacts, as many stacks at once as it posts: the comments, by stack."""
        self.pull()
        stacks = list(artifacts)
        for first in range(0, len(stacks), MAX_STACKS):
            self.artifacts = {f"review-{stack}": artifacts[stack] for stack in stacks[first : first + MAX_STACKS]}
            assert self.run().returncode == 0
        comments = [re.fullmatch(r"<!-- aep review: (\S+) -->\n(.*)", body, re.DOTALL) for _, _, body in self.written]
        assert len(comments) == len(artifacts), "one comment per stack"
        return {comment[1]: comment[2] for comment in comments if comment}

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Any:
        """GitHub's response; bytes are a file, a text is a redirection."""
        if path == "/repos/acme/crm/pulls":
            matches = query["head"] in (["acme:a&b=c"], ["outsider:a&b=c"])
            return self.pulls if matches and query["page"] == ["1"] else []
        if path == f"/repos/acme/crm/actions/runs/{RUN}/artifacts":
            artifacts = [
                {"id": at, "name": name, "expired": False, "size_in_bytes": len(content)}
                for at, (name, content) in enumerate(self.artifacts.items())
            ]
            return {"artifacts": artifacts}
        if path.startswith("/repos/acme/crm/actions/artifacts/"):
            return f"{self.url.replace('127.0.0.1', 'localhost')}/elsewhere/{path.split('/')[-2]}"
        if path.startswith("/elsewhere/"):
            return list(self.artifacts.values())[int(path.rpartition("/")[2])]
        if method == "GET":
            return self.comments
        self.written.append((method, path.removeprefix("/repos/acme/crm"), body["body"]))
        return {}


@pytest.fixture
def github(tmp_path: Path) -> Iterator[FakeGitHub]:
    fake = FakeGitHub(tmp_path)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            fake.tokens[address.path] = self.headers["Authorization"]
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            if address.path in fake.forbidden:
                self.send_response(403)
                self.end_headers()
                return
            answer = fake.answer(self.command, address.path, parse_qs(address.query), json.loads(body or b"null"))
            if isinstance(answer, str):
                self.send_response(302)
                self.send_header("Location", answer)
                self.end_headers()
                return
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(200 if address.path.startswith(("/repos/", "/elsewhere/")) else 403)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PATCH = do_GET  # noqa: N815 - http.server's names

        def log_message(self, *_words: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        fake.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield fake
        server.shutdown()
        thread.join()


def only(github: FakeGitHub) -> tuple[str, str, str]:
    (written,) = github.written
    return written


def test_each_stack_gets_a_comment_and_only_github_gets_the_token(github: FakeGitHub) -> None:
    github.pull()
    github.artifacts = {"review-dev": zipped(REVIEW), "review-prod": zipped(REVIEW), "coverage": zipped(REVIEW)}
    assert github.run().returncode == 0
    assert [(method, path) for method, path, _body in github.written] == [("POST", "/issues/5/comments")] * 2
    body = github.written[0][2]
    assert body.startswith(f"<!-- aep review: dev -->\n{REVIEW}")
    assert HEAD in body
    assert "https://github.com/acme/crm/actions/runs/77" in body
    assert {path: token for path, token in github.tokens.items() if token is None} == {"/elsewhere/0": None, "/elsewhere/1": None}
    assert github.tokens["/repos/acme/crm/pulls"] == f"Bearer {TOKEN}"


def test_its_own_comment_is_updated_and_no_other(github: FakeGitHub) -> None:
    github.pull()
    github.comment("<!-- aep review: dev --> mine", login="outsider", number=1)
    github.comment("see <!-- aep review: dev -->", number=2)
    github.comment("<!-- aep review: dev -->\nold", number=3)
    github.artifacts = {"review-dev": zipped(REVIEW)}
    assert github.run().returncode == 0
    assert only(github)[:2] == ("PATCH", "/issues/comments/3")


def test_a_run_without_a_review_replaces_the_old_one(github: FakeGitHub) -> None:
    github.pull()
    github.comment("<!-- aep review: dev -->\n**No change.**", number=3)
    assert github.run().returncode == 0
    method, path, body = only(github)
    assert (method, path) == ("PATCH", "/issues/comments/3")
    assert "**Error.** There is no review of this commit" in body


def test_an_outdated_run_posts_nothing(github: FakeGitHub) -> None:
    github.pull(sha="b" * 40)
    github.pull(sha=HEAD, repository="outsider/crm")
    github.artifacts = {"review-dev": zipped(REVIEW)}
    ran = github.run()
    assert (ran.returncode, github.written) == (0, [])
    assert "skipped: no open pull request" in ran.stdout


def test_a_head_of_two_pull_requests_is_an_error(github: FakeGitHub) -> None:
    github.pull(5)
    github.pull(6)
    github.artifacts = {"review-dev": zipped(REVIEW)}
    ran = github.run()
    assert (ran.returncode, github.written) == (1, [])
    assert ran.stderr.count("\n") == 1


def test_a_fork_gets_a_comment_only_for_the_local_platform(github: FakeGitHub) -> None:
    github.pull(repository="outsider/crm")
    github.artifacts = {"review-dev": zipped(REVIEW), "review-prod": zipped(REVIEW.replace("dev", "prod"))}
    assert github.run("outsider/crm").returncode == 0
    body = only(github)[2]
    assert body.startswith("<!-- aep review: dev -->")
    assert "a fork gets no credentials" in body


UNSAFE = [
    "@everyone",
    "`@everyone`",
    "[free money](x)",
    "see https://example.com",
    "www.example.com",
    "![](x)",
    "<img src=x>",
    "<!-- aep review: prod -->",
    "<details><summary>1 field</summary>\n```text\n<img>\n```",
    "<code>\n```text\n<img>\n```",
    "~~~\n```text\n~~~\n<img>\n```",
    "```text\n````\n<img>\n```text\n```",
    "```html\n<img>\n```",
    "```text\nopen",
    r"\`<img>\`",
    "`a | <img>`",
    "`open <img>",
    "Ask &#64;octocat",
    "<code>me&#64;evil.example</code>",
    "<code>me&#064;evil.example</code>",
    "Ask &commat;octocat",
    "[The whole review][w]\n\n[w]: https&#58;//evil.example/login",
    "[w]: //evil.example",
    "[The whole review]",
    "Fixes torvalds/linux#1",
    "Fixes #12",
    "(#12)",
    "GH-12",
    "<code>[a][w]</code>",
    r"$`\href{javascript:x}{x}`$",
    '```mermaid\nflowchart LR\n  n0["<b>schema</b><br/>x"]\n  click n0 href "https://evil.example"\n```',
    '```mermaid\nflowchart LR\n  n0["<b>schema</b><br/><img src=x>"]\n```',
    '```mermaid\nflowchart LR\n  n0["<b>schema</b><br/>`**x**`"]\n```',
    "```mermaid\n%%{init: {}}%%\n```",
    "```[Approve](https://evil.example) ![x](https://evil.example/x.png)\r```",
    "```text\n\r```\r<img src=x>\n```",
    *(f"a{control}b" for control in "\0\x01\t\x0b\x0c\x1b\x1f\x7f\x80\x85\x9f\u2028\u2029\u202e\u2066\u200b\ufeff"),
]
"""Texts that a review never contains."""


def test_text_that_a_review_never_contains_is_not_shown(github: FakeGitHub) -> None:
    reviews = {f"unsafe-{at}": (text, "contains text") for at, text in enumerate(UNSAFE)}
    reviews["long"] = ("word " * 20_000, "too long")
    posted = github.posted({stack: zipped(f"{REVIEW}\n{text}\n") for stack, (text, _reason) in reviews.items()})
    for stack, (text, reason) in reviews.items():
        body = posted[stack]
        assert "**Error.** The review" in body, text
        assert reason in body, text
        assert text not in body
        assert len(body) < 1_000, text


def test_an_archive_without_a_readable_review_is_reported_in_one_sentence(github: FakeGitHub) -> None:
    archives = {
        "damaged": b"no archive",
        "empty": zipped("x", "other.md"),
        "elsewhere": zipped("x", "../review.md"),
        "bomb": zipped("x" * 6_000_000),
        "large": b"x" * 6_000_000,
        "deflate": damaged(zipfile.ZIP_DEFLATED),
        "lzma": damaged(zipfile.ZIP_LZMA),
        "bzip2": damaged(zipfile.ZIP_BZIP2),
        "offset": wrong_offset(),
    }
    posted = github.posted(archives)
    for stack in archives:
        assert "**Error.** The review" in posted[stack], stack
        assert len(posted[stack]) < 1_000, stack


def test_a_bad_artifact_of_one_stack_does_not_affect_the_others(github: FakeGitHub) -> None:
    github.pull()
    github.artifacts = {"review-dev": damaged(zipfile.ZIP_DEFLATED), "review-prod": b"", "review-stage": zipped(REVIEW)}
    github.forbidden = {"/repos/acme/crm/actions/artifacts/1/zip"}
    github.comment("<!-- aep review: dev -->\nold", number=3)
    github.comment("<!-- aep review: prod -->\nold", number=4)
    ran = github.run()
    assert ran.returncode == 0
    posted = {path: body for _method, path, body in github.written}
    assert "**Error.** The review cannot be read" in posted["/issues/comments/3"]
    assert "**Error.** The review cannot be downloaded" in posted["/issues/comments/4"]
    assert REVIEW in posted["/issues/5/comments"]
    assert ran.stderr == "comment: GitHub returned 403 for GET /actions/artifacts/1/zip\n"


def test_a_comment_that_github_rejects_does_not_affect_the_others(github: FakeGitHub) -> None:
    github.pull()
    github.artifacts = {"review-dev": zipped(REVIEW), "review-stage": zipped(REVIEW)}
    github.comment("<!-- aep review: dev -->\nold", number=3)
    github.forbidden = {"/repos/acme/crm/issues/comments/3"}
    ran = github.run()
    assert ran.returncode == 1
    assert ran.stderr == "comment: stack dev: GitHub returned 403 for PATCH /issues/comments/3\n"
    assert only(github)[:2] == ("POST", "/issues/5/comments")


def test_every_real_review_is_shown(github: FakeGitHub) -> None:
    reviews = {
        file.stem.replace("_", "-"): CliRunner().invoke(aep, ["review", "--events", str(file)]).stdout
        for file in sorted(EVENTS.glob("*.jsonl"))
    }
    posted = github.posted({stack: zipped(review) for stack, review in reviews.items()})
    for stack, review in reviews.items():
        assert review.startswith("## aep review"), stack
        assert review in posted[stack], stack


def test_an_error_of_github_is_reported_in_one_sentence(github: FakeGitHub) -> None:
    github.url += "/nowhere"
    ran = github.run()
    assert ran.returncode == 1
    assert ran.stderr.startswith("comment: GitHub ")
    assert ran.stderr.count("\n") == 1
