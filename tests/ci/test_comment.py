"""The commenting job against a stand-in for GitHub's API: whatever an artifact holds, it is a stranger's words."""

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
    """An archive whose frame is whole, and whose data is not."""
    whole = bytearray(zipped(REVIEW * 9, method=method))
    data = 30 + len("review.md")
    whole[data : data + 40] = b"\xff" * 40
    return bytes(whole)


def strange() -> bytes:
    """An archive whose list of files says that its file lies elsewhere."""
    whole = bytearray(zipped(REVIEW))
    at = whole.index(b"PK\x01\x02") + 42
    whole[at : at + 4] = b"\xff\xff\xff\x7f"
    return bytes(whole)


@dataclass
class StandIn:
    """What GitHub holds, and what it was asked to write."""

    folder: Path
    url: str = ""
    artifacts: dict[str, bytes] = field(default_factory=dict)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    written: list[tuple[str, str, str]] = field(default_factory=list)
    tokens: dict[str, str | None] = field(default_factory=dict)
    refuses: set[str] = field(default_factory=set)
    """The paths that are answered 403."""

    def pull(self, number: int = 5, sha: str = HEAD, repository: str = "acme/crm") -> None:
        """A pull request is open."""
        self.pulls.append({"number": number, "head": {"sha": sha, "repo": {"full_name": repository}}})

    def comment(self, body: str, login: str = "github-actions[bot]", number: int = 1) -> None:
        """A comment is there."""
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
        """What GitHub answers; bytes are a file, a text is a redirection."""
        if path == "/repos/acme/crm/pulls":
            asked = query["head"] == ["acme:a&b=c"] or query["head"] == ["stranger:a&b=c"]
            return self.pulls if asked and query["page"] == ["1"] else []
        if path == f"/repos/acme/crm/actions/runs/{RUN}/artifacts":
            held = [
                {"id": at, "name": name, "expired": False, "size_in_bytes": len(content)}
                for at, (name, content) in enumerate(self.artifacts.items())
            ]
            return {"artifacts": held}
        if path.startswith("/repos/acme/crm/actions/artifacts/"):
            return f"{self.url.replace('127.0.0.1', 'localhost')}/elsewhere/{path.split('/')[-2]}"
        if path.startswith("/elsewhere/"):
            return list(self.artifacts.values())[int(path.rpartition("/")[2])]
        if method == "GET":
            return self.comments
        self.written.append((method, path.removeprefix("/repos/acme/crm"), body["body"]))
        return {}


@pytest.fixture
def github(tmp_path: Path) -> Iterator[StandIn]:
    held = StandIn(tmp_path)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            held.tokens[address.path] = self.headers["Authorization"]
            said = self.rfile.read(int(self.headers["Content-Length"] or 0))
            if address.path in held.refuses:
                self.send_response(403)
                self.end_headers()
                return
            answer = held.answer(self.command, address.path, parse_qs(address.query), json.loads(said or b"null"))
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
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        held.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield held
        server.shutdown()
        thread.join()


def only(github: StandIn) -> tuple[str, str, str]:
    (written,) = github.written
    return written


def test_each_stack_gets_a_comment_and_the_token_stays_with_github(github: StandIn) -> None:
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


def test_its_own_comment_is_updated_and_nobody_elses(github: StandIn) -> None:
    github.pull()
    github.comment("<!-- aep review: dev --> mine", login="stranger", number=1)
    github.comment("see <!-- aep review: dev -->", number=2)
    github.comment("<!-- aep review: dev -->\nold", number=3)
    github.artifacts = {"review-dev": zipped(REVIEW)}
    assert github.run().returncode == 0
    assert only(github)[:2] == ("PATCH", "/issues/comments/3")


def test_a_run_that_made_no_review_does_not_leave_the_old_one_standing(github: StandIn) -> None:
    github.pull()
    github.comment("<!-- aep review: dev -->\n**No change.**", number=3)
    assert github.run().returncode == 0
    method, path, body = only(github)
    assert (method, path) == ("PATCH", "/issues/comments/3")
    assert "**Error.** There is no review of this commit" in body


def test_an_outdated_run_says_nothing(github: StandIn) -> None:
    github.pull(sha="b" * 40)
    github.pull(sha=HEAD, repository="stranger/crm")
    github.artifacts = {"review-dev": zipped(REVIEW)}
    ran = github.run()
    assert (ran.returncode, github.written) == (0, [])
    assert "nothing to say" in ran.stdout


def test_a_head_of_two_pull_requests_is_no_guess(github: StandIn) -> None:
    github.pull(5)
    github.pull(6)
    github.artifacts = {"review-dev": zipped(REVIEW)}
    ran = github.run()
    assert (ran.returncode, github.written) == (1, [])
    assert ran.stderr.count("\n") == 1


def test_a_fork_can_speak_of_the_local_platform_alone(github: StandIn) -> None:
    github.pull(repository="stranger/crm")
    github.artifacts = {"review-dev": zipped(REVIEW), "review-prod": zipped(REVIEW.replace("dev", "prod"))}
    assert github.run("stranger/crm").returncode == 0
    body = only(github)[2]
    assert body.startswith("<!-- aep review: dev -->")
    assert "a fork gets no credentials" in body


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("@everyone", "has words"),
        ("`@everyone`", "has words"),
        ("[free money](x)", "has words"),
        ("see https://example.com", "has words"),
        ("www.example.com", "has words"),
        ("![](x)", "has words"),
        ("<img src=x>", "has words"),
        ("<!-- aep review: prod -->", "has words"),
        ("<details><summary>1 field</summary>\n```text\n<img>\n```", "has words"),
        ("<code>\n```text\n<img>\n```", "has words"),
        ("~~~\n```text\n~~~\n<img>\n```", "has words"),
        ("```text\n````\n<img>\n```text\n```", "has words"),
        ("```html\n<img>\n```", "has words"),
        ("```text\nopen", "has words"),
        (r"\`<img>\`", "has words"),
        ("`a | <img>`", "has words"),
        ("`open <img>", "has words"),
        ("Ask &#64;octocat", "has words"),
        ("<code>me&#64;evil.example</code>", "has words"),
        ("<code>me&#064;evil.example</code>", "has words"),
        ("Ask &commat;octocat", "has words"),
        ("[The whole review][w]\n\n[w]: https&#58;//evil.example/login", "has words"),
        ("[w]: //evil.example", "has words"),
        ("[The whole review]", "has words"),
        ("Fixes torvalds/linux#1", "has words"),
        ("Fixes #12", "has words"),
        ("(#12)", "has words"),
        ("GH-12", "has words"),
        ("<code>[a][w]</code>", "has words"),
        (r"$`\href{javascript:x}{x}`$", "has words"),
        ('```mermaid\nflowchart LR\n  n0["<b>schema</b><br/>x"]\n  click n0 href "https://evil.example"\n```', "has words"),
        ('```mermaid\nflowchart LR\n  n0["<b>schema</b><br/><img src=x>"]\n```', "has words"),
        ('```mermaid\nflowchart LR\n  n0["<b>schema</b><br/>`**x**`"]\n```', "has words"),
        ("```mermaid\n%%{init: {}}%%\n```", "has words"),
        ("```[Approve](https://evil.example) ![x](https://evil.example/x.png)\r```", "has words"),
        ("```text\n\r```\r<img src=x>\n```", "has words"),
        *(
            (f"a{control}b", "has words")
            for control in "\0\x01\t\x0b\x0c\x1b\x1f\x7f\x80\x85\x9f\u2028\u2029\u202e\u2066\u200b\ufeff"
        ),
        ("word " * 20_000, "too long"),
    ],
)
def test_what_no_review_has_is_not_shown(github: StandIn, words: str, why: str) -> None:
    github.pull()
    github.artifacts = {"review-dev": zipped(f"{REVIEW}\n{words}\n")}
    assert github.run().returncode == 0
    body = only(github)[2]
    assert "**Error.** The review" in body
    assert why in body
    assert words not in body
    assert len(body) < 1_000


@pytest.mark.parametrize(
    "content",
    [
        *(b"no archive", zipped("x", "other.md"), zipped("x", "../review.md"), zipped("x" * 6_000_000), b"x" * 6_000_000),
        *(damaged(zipfile.ZIP_DEFLATED), damaged(zipfile.ZIP_LZMA), damaged(zipfile.ZIP_BZIP2), strange()),
    ],
    ids=["damaged", "empty", "elsewhere", "bomb", "large", "deflate", "lzma", "bzip2", "strange"],
)
def test_an_archive_that_holds_no_review_is_a_sentence(github: StandIn, content: bytes) -> None:
    github.pull()
    github.artifacts = {"review-dev": content}
    assert github.run().returncode == 0
    assert "**Error.** The review" in only(github)[2]
    assert len(only(github)[2]) < 1_000


def test_one_stacks_bad_artifact_keeps_no_other_stack_from_being_updated(github: StandIn) -> None:
    github.pull()
    github.artifacts = {"review-dev": damaged(zipfile.ZIP_DEFLATED), "review-prod": b"", "review-stage": zipped(REVIEW)}
    github.refuses = {"/repos/acme/crm/actions/artifacts/1/zip"}
    github.comment("<!-- aep review: dev -->\nold", number=3)
    github.comment("<!-- aep review: prod -->\nold", number=4)
    ran = github.run()
    assert ran.returncode == 0
    said = {path: body for _method, path, body in github.written}
    assert "**Error.** The review cannot be read" in said["/issues/comments/3"]
    assert "**Error.** The review cannot be fetched" in said["/issues/comments/4"]
    assert REVIEW in said["/issues/5/comments"]
    assert ran.stderr == "comment: GitHub answers 403 to GET /actions/artifacts/1/zip\n"


def test_a_comment_that_github_refuses_keeps_no_other_from_being_updated(github: StandIn) -> None:
    github.pull()
    github.artifacts = {"review-dev": zipped(REVIEW), "review-stage": zipped(REVIEW)}
    github.comment("<!-- aep review: dev -->\nold", number=3)
    github.refuses = {"/repos/acme/crm/issues/comments/3"}
    ran = github.run()
    assert ran.returncode == 1
    assert ran.stderr == "comment: stack dev: GitHub answers 403 to PATCH /issues/comments/3\n"
    assert only(github)[:2] == ("POST", "/issues/5/comments")


@pytest.mark.parametrize("name", sorted(file.stem for file in EVENTS.glob("*.jsonl")))
def test_every_real_review_is_shown(github: StandIn, name: str) -> None:
    program = Path(sys.prefix) / "bin" / "aep"
    ran = subprocess.run(
        [program, "review", "--events", EVENTS / f"{name}.jsonl"], cwd=github.folder, capture_output=True, text=True, check=False
    )
    github.pull()
    github.artifacts = {"review-dev": zipped(ran.stdout)}
    assert github.run().returncode == 0
    assert ran.stdout.startswith("## aep review")
    assert ran.stdout in only(github)[2]


def test_a_github_that_refuses_is_one_sentence(github: StandIn) -> None:
    github.url += "/nowhere"
    ran = github.run()
    assert ran.returncode == 1
    assert ran.stderr.startswith("comment: GitHub ")
    assert ran.stderr.count("\n") == 1
