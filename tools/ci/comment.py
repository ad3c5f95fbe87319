"""Posts the reviews of a pull request's previews as comments, one for each stack.

The reviews come from artifacts that the pull request's own code has written. They are untrusted: never executed, and shown
only if they look like a review. The pull request is determined by the head commit that GitHub reports, not by the artifacts.
Requires no packages, only variables of GitHub's runners: GITHUB_EVENT_PATH, GITHUB_REPOSITORY, GITHUB_API_URL, GITHUB_TOKEN.
"""

import http.client
import io
import json
import lzma
import os
import re
import struct
import sys
import unicodedata
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

LONGEST = 65_536
"""Maximum characters of a comment: GitHub's limit."""
LARGEST = 5_000_000
"""Maximum bytes of an artifact, and of the review in it."""
MAX_STACKS = 20
"""Maximum number of stacks of one run."""
NAMED = re.compile(r"review-([A-Za-z0-9][A-Za-z0-9._-]{0,59})")
LOCAL = "dev"
"""The stack on the local Platform, the only one that is previewed for forks."""
BOT = "github-actions[bot]"

SPAN = re.compile(r"(?<!`)(`+)(?!`)([^|\\]+?)(?<!`)\1(?!`)")
TAGGED = re.compile(r"<code>(?:&#64;)?(?:[^\W_]|[ .,;/=+()%'!?→…“”-]|&#(?!0*64;)\d+;)*</code>")
"""Untrusted text as a review quotes it where a code span cannot. An @ is allowed only at the start: elsewhere a renderer would
link an e-mail address."""
FENCE = re.compile(r"(`{3,})(mermaid|text)")
FOLD = re.compile(r"</?details>|<details><summary>\d+ [a-z ]+</summary>")
LIVE = re.compile(r"[@\\`<&\[\]]|~~~|://|www\.|#\d|\bGH-\d", re.IGNORECASE)
"""Never part of a review outside code: mentions, tags, character references, links, images, issue numbers."""
DRAWN = re.compile(
    r"flowchart LR|  n\d+(?: --> n\d+)+|  class(?:Def)? [\w:#,-]+(?: [\w:#,-]+)+"
    r'|  n\d+\["<b>[a-z ]+</b>(?:<br/>(?:[^\W_]|[ +~±·=-]|#\d+;)*)*"\]'
)
"""The lines of a review's diagrams: they contain no links, and no tags from untrusted text."""
CONTROLS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Never part of a review, except line feeds: control characters (a renderer also ends a line at a carriage return), line
separators, changes of text direction and other invisible characters. A review escapes them."""
UNREADABLE = (
    *(KeyError, ValueError, OverflowError, EOFError, OSError, RuntimeError, NotImplementedError),
    *(zipfile.BadZipFile, zipfile.LargeZipFile, struct.error, zlib.error, lzma.LZMAError),
)
"""The exceptions on reading a malicious or damaged archive."""


class GitHubError(Exception):
    """A request to GitHub failed, or its response is ambiguous: one sentence."""


@dataclass(frozen=True)
class GitHub:
    """GitHub's API, for one repository."""

    address: str
    repository: str
    token: str

    def request(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - any JSON
        """The JSON response to a request on the repository."""
        content = self._send(method, path, None if body is None else json.dumps(body).encode())
        return json.loads(content) if content else None

    def pages(self, path: str, key: str = "") -> Iterator[dict[str, Any]]:
        """All items of a list."""
        for page in range(1, 100):
            response = self.request("GET", f"{path}{'&' if '?' in path else '?'}per_page=100&page={page}")
            items = response[key] if key else response
            yield from items
            if len(items) < 100:  # noqa: PLR2004 - the requested page size
                return

    def file(self, path: str) -> bytes:
        """A file that GitHub redirects to, truncated if it is too large."""
        return self._send("GET", path, None)

    def _send(self, method: str, path: str, body: bytes | None) -> bytes:
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
        request = urllib.request.Request(  # noqa: S310 - GitHub's own address
            f"{self.address}/repos/{self.repository}{path}", data=body, headers=headers, method=method
        )
        # Artifacts are stored on other hosts, which must not get the token.
        request.add_unredirected_header("Authorization", f"Bearer {self.token}")
        try:
            with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - the same
                return bytes(response.read(LARGEST + 1))
        except urllib.error.HTTPError as error:
            raise GitHubError(f"GitHub returned {error.code} for {method} {path.partition('?')[0]}") from None
        except (OSError, http.client.HTTPException) as error:
            raise GitHubError(f"GitHub cannot be reached for {method} {path.partition('?')[0]}: {error}") from None


def main() -> int:
    """Post the comments, and return the exit code."""
    run = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))["workflow_run"]
    github = GitHub(os.environ["GITHUB_API_URL"], os.environ["GITHUB_REPOSITORY"], os.environ["GITHUB_TOKEN"])
    try:
        number = pull_request(github, run)
        if number is None:
            print(f"comment: skipped: no open pull request has the head {run['head_sha']} any more")
            return 0
        existing = comments(github, number)
        bodies = reviews(github, run)
        for stack in existing.keys() - bodies.keys():
            bodies[stack] = f"## aep review: stack `{stack}`\n\n**Error.** There is no review of this commit: see its checks.\n"
    except GitHubError as error:
        print(f"comment: {error}", file=sys.stderr)
        return 1
    posted = [
        post(github, number, stack, f"{marker(stack)}\n{body}\n{footer(run)}\n", existing)
        for stack, body in sorted(bodies.items())
    ]
    return 0 if all(posted) else 1


def post(github: GitHub, number: int, stack: str, text: str, existing: dict[str, int]) -> bool:
    """Create or update the comment of one stack. Returns whether that succeeded: an error does not affect the other stacks."""
    try:
        if stack in existing:
            github.request("PATCH", f"/issues/comments/{existing[stack]}", {"body": text})
        else:
            github.request("POST", f"/issues/{number}/comments", {"body": text})
    except GitHubError as error:
        print(f"comment: stack {stack}: {error}", file=sys.stderr)
        return False
    print(f"comment: stack {stack}, pull request {number}")
    return True


def marker(stack: str) -> str:
    """The first line of a comment, which identifies it on the next run."""
    return f"<!-- aep review: {stack} -->"


def footer(run: dict[str, Any]) -> str:
    """The commit of a review, and the address of the full review."""
    fork = is_fork(run)
    limits = "Previewed on the local Platform only, because a fork gets no credentials. " if fork else ""
    return f"{limits}Commit {run['head_sha']}, previewed by its own code. Log and full review: {run['html_url']}"


def is_fork(run: dict[str, Any]) -> bool:
    """Whether the code comes from a fork."""
    head = run["head_repository"]
    return head is None or head["full_name"] != run["repository"]["full_name"]


def pull_request(github: GitHub, run: dict[str, Any]) -> int | None:
    """The open pull request whose head is the commit of this run."""
    if run["head_repository"] is None:
        return None
    head = quote(f"{run['head_repository']['owner']['login']}:{run['head_branch']}", safe="")
    numbers = [
        int(each["number"])
        for each in github.pages(f"/pulls?state=open&head={head}")
        if each["head"]["sha"] == run["head_sha"]
        and (each["head"]["repo"] or {}).get("full_name") == run["head_repository"]["full_name"]
    ]
    if len(numbers) > 1:
        raise GitHubError(
            f"{len(numbers)} open pull requests have the head {run['head_sha']}, and the run does not identify one of them"
        )
    return numbers[0] if numbers else None


def comments(github: GitHub, number: int) -> dict[str, int]:
    """The ids of this job's existing comments, by stack. Markers in comments of other users are ignored."""
    ids: dict[str, int] = {}
    for comment in github.pages(f"/issues/{number}/comments"):
        marked = re.match(r"<!-- aep review: ([A-Za-z0-9._-]{1,60}) -->", comment["body"] or "")
        if marked and comment["user"]["login"] == BOT:
            ids.setdefault(marked[1], int(comment["id"]))
    return ids


def reviews(github: GitHub, run: dict[str, Any]) -> dict[str, str]:
    """The text to post, by stack."""
    bodies: dict[str, str] = {}
    for artifact in github.pages(f"/actions/runs/{int(run['id'])}/artifacts", "artifacts"):
        named = NAMED.fullmatch(artifact["name"])
        if named is None or artifact["expired"] or (is_fork(run) and named[1] != LOCAL) or len(bodies) == MAX_STACKS:
            continue
        body, reason = review_of(github, artifact)
        bodies[named[1]] = body or f"## aep review: stack `{named[1]}`\n\n**Error.** The review {reason}: see the checks.\n"
    return bodies


def review_of(github: GitHub, artifact: dict[str, Any]) -> tuple[str, str]:
    """The review in an artifact, or why it is not shown."""
    if artifact["size_in_bytes"] > LARGEST:
        return "", "is too large"
    try:
        archive = github.file(f"/actions/artifacts/{int(artifact['id'])}/zip")
    except GitHubError as error:
        print(f"comment: {error}", file=sys.stderr)
        return "", "cannot be downloaded"
    return review_in(archive)


def review_in(archive: bytes) -> tuple[str, str]:
    """The review, or why it is not shown."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as files, files.open("review.md") as file:
            text = file.read(LARGEST).decode()
    except UNREADABLE:
        return "", "cannot be read"
    if len(text) > LONGEST - 2_000:
        return "", "is too long for a comment"
    return (text, "") if is_safe(text) else ("", "contains text that a review never contains, and is not shown")


def is_safe(text: str) -> bool:
    """Whether this could be a review: untrusted text is only in code, and mentions, links and tags have no effect."""
    if any(letter != "\n" and unicodedata.category(letter) in CONTROLS for letter in text):
        return False
    fence, folded, drawing = "", False, False
    for line in text.split("\n"):
        # After a tag, a renderer ignores a fence, and would interpret the lines in it.
        if folded and line:
            return False
        folded = not fence and FOLD.fullmatch(line) is not None
        if fence:
            if re.fullmatch(f" {{0,3}}{fence}`*[ \t]*", line):
                fence = ""
            elif drawing and not DRAWN.fullmatch(line):
                return False
        elif opened := FENCE.fullmatch(line):
            fence, drawing = opened[1], opened[2] == "mermaid"
        elif not folded and ("@" in line or line.lstrip().startswith("<") or LIVE.search(TAGGED.sub("", SPAN.sub("", line)))):
            return False
    return not fence


if __name__ == "__main__":
    sys.exit(main())
