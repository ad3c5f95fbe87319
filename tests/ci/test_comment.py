"""The commenting job against a fake of GitHub's API: the content of artifacts is untrusted text."""

import io
import json
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

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
HEAD, TOKEN, RUN = "a" * 40, "a-token", 77
REVIEW = "## aep review: stack `dev` of project `aep`\n\n**Changes.** 1 updated, 6 unchanged.\n"
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
        thread = threading.Thread(target=server.serve_forever)
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


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("@everyone", "contains text"),
        ("`@everyone`", "contains text"),
        ("[free money](x)", "contains text"),
        ("see https://example.com", "contains text"),
        ("www.example.com", "contains text"),
        ("![](x)", "contains text"),
        ("<img src=x>", "contains text"),
        ("<!-- aep review: prod -->", "contains text"),
        ("<details><summary>1 field</summary>\n```text\n<img>\n```", "contains text"),
        ("<code>\n```text\n<img>\n```", "contains text"),
        ("~~~\n```text\n~~~\n<img>\n```", "contains text"),
        ("```text\n````\n<img>\n```text\n```", "contains text"),
        ("```html\n<img>\n```", "contains text"),
        ("```text\nopen", "contains text"),
        (r"\`<img>\`", "contains text"),
        ("`a | <img>`", "contains text"),
        ("`open <img>", "contains text"),
        ("Ask &#64;octocat", "contains text"),
        ("<code>me&#64;evil.example</code>", "contains text"),
        ("<code>me&#064;evil.example</code>", "contains text"),
        ("Ask &commat;octocat", "contains text"),
        ("[The whole review][w]\n\n[w]: https&#58;//evil.example/login", "contains text"),
        ("[w]: //evil.example", "contains text"),
        ("[The whole review]", "contains text"),
        ("Fixes torvalds/linux#1", "contains text"),
        ("Fixes #12", "contains text"),
        ("(#12)", "contains text"),
        ("GH-12", "contains text"),
        ("<code>[a][w]</code>", "contains text"),
        (r"$`\href{javascript:x}{x}`$", "contains text"),
        ('```mermaid\nflowchart LR\n  n0["<b>schema</b><br/>x"]\n  click n0 href "https://evil.example"\n```', "contains text"),
        ('```mermaid\nflowchart LR\n  n0["<b>schema</b><br/><img src=x>"]\n```', "contains text"),
        ('```mermaid\nflowchart LR\n  n0["<b>schema</b><br/>`**x**`"]\n```', "contains text"),
        ("```mermaid\n%%{init: {}}%%\n```", "contains text"),
        ("```[Approve](https://evil.example) ![x](https://evil.example/x.png)\r```", "contains text"),
        ("```text\n\r```\r<img src=x>\n```", "contains text"),
        *(
            (f"a{control}b", "contains text")
            for control in "\0\x01\t\x0b\x0c\x1b\x1f\x7f\x80\x85\x9f\u2028\u2029\u202e\u2066\u200b\ufeff"
        ),
        ("word " * 20_000, "too long"),
    ],
)
def test_text_that_a_review_never_contains_is_not_shown(github: FakeGitHub, text: str, reason: str) -> None:
    github.pull()
    github.artifacts = {"review-dev": zipped(f"{REVIEW}\n{text}\n")}
    assert github.run().returncode == 0
    body = only(github)[2]
    assert "**Error.** The review" in body
    assert reason in body
    assert text not in body
    assert len(body) < 1_000


@pytest.mark.parametrize(
    "content",
    [
        *(b"no archive", zipped("x", "other.md"), zipped("x", "../review.md"), zipped("x" * 6_000_000), b"x" * 6_000_000),
        *(damaged(zipfile.ZIP_DEFLATED), damaged(zipfile.ZIP_LZMA), damaged(zipfile.ZIP_BZIP2), wrong_offset()),
    ],
    ids=["damaged", "empty", "elsewhere", "bomb", "large", "deflate", "lzma", "bzip2", "offset"],
)
def test_an_archive_without_a_readable_review_is_reported_in_one_sentence(github: FakeGitHub, content: bytes) -> None:
    github.pull()
    github.artifacts = {"review-dev": content}
    assert github.run().returncode == 0
    assert "**Error.** The review" in only(github)[2]
    assert len(only(github)[2]) < 1_000


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


@pytest.mark.parametrize("name", sorted(file.stem for file in EVENTS.glob("*.jsonl")))
def test_every_real_review_is_shown(github: FakeGitHub, name: str) -> None:
    program = Path(sys.prefix) / "bin" / "aep"
    ran = subprocess.run(
        [program, "review", "--events", EVENTS / f"{name}.jsonl"], cwd=github.folder, capture_output=True, text=True, check=False
    )
    github.pull()
    github.artifacts = {"review-dev": zipped(ran.stdout)}
    assert github.run().returncode == 0
    assert ran.stdout.startswith("## aep review")
    assert ran.stdout in only(github)[2]


def test_an_error_of_github_is_reported_in_one_sentence(github: FakeGitHub) -> None:
    github.url += "/nowhere"
    ran = github.run()
    assert ran.returncode == 1
    assert ran.stderr.startswith("comment: GitHub ")
    assert ran.stderr.count("\n") == 1
