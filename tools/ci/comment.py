"""Comment: puts the reviews of a pull request's previews into its conversation, one comment for each stack.

The reviews come from artifacts that the pull request's own code has written: they are read as data, never run, and shown only if
they look like a review. Nothing else that the artifacts say is believed: the pull request is the one whose head GitHub names.
Needs no package, only what GitHub's runners set: GITHUB_EVENT_PATH, GITHUB_REPOSITORY, GITHUB_API_URL, and GITHUB_TOKEN.
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
"""Characters of a comment: GitHub's limit."""
LARGEST = 5_000_000
"""Bytes of an artifact, and of the review in it."""
MOST = 20
"""Stacks of one run."""
NAMED = re.compile(r"review-([A-Za-z0-9][A-Za-z0-9._-]{0,59})")
LOCAL = "dev"
"""The stack of the local Platform, the only one that a fork's code is previewed for."""
BOT = "github-actions[bot]"

SPAN = re.compile(r"(?<!`)(`+)(?!`)([^|\\]+?)(?<!`)\1(?!`)")
TAGGED = re.compile(r"<code>(?:&#64;)?(?:[^\W_]|[ .,;/=+()%'!?→…“”-]|&#(?!0*64;)\d+;)*</code>")
"""A stranger's words as a review writes those that a span of code cannot hold. An @ stands in front alone: within, a renderer
makes an e-mail address a link."""
FENCE = re.compile(r"(`{3,})(mermaid|text)")
FOLD = re.compile(r"</?details>|<details><summary>\d+ [a-z ]+</summary>")
LIVE = re.compile(r"[@\\`<&\[\]]|~~~|://|www\.|#\d|\bGH-\d", re.IGNORECASE)
"""What no review has outside code: mentions, tags, character references, links, pictures, numbers of issues."""
DRAWN = re.compile(
    r"flowchart LR|  n\d+(?: --> n\d+)+|  class(?:Def)? [\w:#,-]+(?: [\w:#,-]+)+"
    r'|  n\d+\["<b>[a-z ]+</b>(?:<br/>(?:[^\W_]|[ +~±·=-]|#\d+;)*)*"\]'
)
"""What a review's diagrams consist of: no links, no tags of a stranger's."""
CONTROLS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""What no review has outside line breaks: control characters (a renderer ends a line at a carriage return too), line separators,
changes of direction and other invisible characters. A review writes them out."""
UNREADABLE = (
    *(KeyError, ValueError, OverflowError, EOFError, OSError, RuntimeError, NotImplementedError),
    *(zipfile.BadZipFile, zipfile.LargeZipFile, struct.error, zlib.error, lzma.LZMAError),
)
"""How the archive of somebody who means harm, or of a broken upload, cannot be read."""


class CannotError(Exception):
    """A sentence on what cannot be done."""


@dataclass(frozen=True)
class GitHub:
    """GitHub's API, for one repository."""

    address: str
    repository: str
    token: str

    def ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - any JSON
        """The answer to a request on the repository."""
        answer = self._answer(method, path, None if body is None else json.dumps(body).encode())
        return json.loads(answer) if answer else None

    def pages(self, path: str, key: str = "") -> Iterator[dict[str, Any]]:
        """All items of a list."""
        for page in range(1, 100):
            answer = self.ask("GET", f"{path}{'&' if '?' in path else '?'}per_page=100&page={page}")
            items = answer[key] if key else answer
            yield from items
            if len(items) < 100:  # noqa: PLR2004 - what was asked for
                return

    def file(self, path: str) -> bytes:
        """A file behind an address that GitHub redirects to; too large a one is cut off."""
        return self._answer("GET", path, None)

    def _answer(self, method: str, path: str, body: bytes | None) -> bytes:
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
        request = urllib.request.Request(  # noqa: S310 - GitHub's own address
            f"{self.address}/repos/{self.repository}{path}", data=body, headers=headers, method=method
        )
        # Where an artifact lies is not GitHub's: the token stays behind.
        request.add_unredirected_header("Authorization", f"Bearer {self.token}")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the same
                return bytes(answer.read(LARGEST + 1))
        except urllib.error.HTTPError as error:
            raise CannotError(f"GitHub answers {error.code} to {method} {path.partition('?')[0]}") from None
        except (OSError, http.client.HTTPException) as error:
            raise CannotError(f"GitHub cannot be reached for {method} {path.partition('?')[0]}: {error}") from None


def main() -> int:
    """Comment, and return the exit code."""
    run = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))["workflow_run"]
    github = GitHub(os.environ["GITHUB_API_URL"], os.environ["GITHUB_REPOSITORY"], os.environ["GITHUB_TOKEN"])
    try:
        number = pull_request(github, run)
        if number is None:
            print(f"comment: no open pull request has {run['head_sha']} as its head any more: nothing to say")
            return 0
        theirs = comments(github, number)
        bodies = reviews(github, run)
        for stack in theirs.keys() - bodies.keys():
            bodies[stack] = f"## aep review: stack `{stack}`\n\n**Error.** There is no review of this commit: see its checks.\n"
    except CannotError as error:
        print(f"comment: {error}", file=sys.stderr)
        return 1
    said = [
        say(github, number, stack, f"{marker(stack)}\n{body}\n{footer(run)}\n", theirs) for stack, body in sorted(bodies.items())
    ]
    return 0 if all(said) else 1


def say(github: GitHub, number: int, stack: str, whole: str, theirs: dict[str, int]) -> bool:
    """Put one stack's comment there, and return whether it is: what goes wrong is no reason to leave out the other stacks."""
    try:
        if stack in theirs:
            github.ask("PATCH", f"/issues/comments/{theirs[stack]}", {"body": whole})
        else:
            github.ask("POST", f"/issues/{number}/comments", {"body": whole})
    except CannotError as error:
        print(f"comment: stack {stack}: {error}", file=sys.stderr)
        return False
    print(f"comment: stack {stack}, pull request {number}")
    return True


def marker(stack: str) -> str:
    """What a comment begins with, so that it is found again."""
    return f"<!-- aep review: {stack} -->"


def footer(run: dict[str, Any]) -> str:
    """Of which commit a review is, by whose code, and where the whole is."""
    fork = is_fork(run)
    whose = "Previewed on the local Platform alone, as a fork gets no credentials. " if fork else ""
    return f"{whose}Of commit {run['head_sha']}, by that commit's own code. Log and whole review: {run['html_url']}"


def is_fork(run: dict[str, Any]) -> bool:
    """Whether the code comes from elsewhere."""
    head = run["head_repository"]
    return head is None or head["full_name"] != run["repository"]["full_name"]


def pull_request(github: GitHub, run: dict[str, Any]) -> int | None:
    """The open pull request whose head is the commit of this run."""
    if run["head_repository"] is None:
        return None
    head = quote(f"{run['head_repository']['owner']['login']}:{run['head_branch']}", safe="")
    found = [
        int(each["number"])
        for each in github.pages(f"/pulls?state=open&head={head}")
        if each["head"]["sha"] == run["head_sha"]
        and (each["head"]["repo"] or {}).get("full_name") == run["head_repository"]["full_name"]
    ]
    if len(found) > 1:
        raise CannotError(
            f"{len(found)} pull requests have {run['head_sha']} as their head, and the run does not tell which it is of"
        )
    return found[0] if found else None


def comments(github: GitHub, number: int) -> dict[str, int]:
    """The comments that are there already, by stack. A marker in somebody else's comment is no marker."""
    found: dict[str, int] = {}
    for comment in github.pages(f"/issues/{number}/comments"):
        marked = re.match(r"<!-- aep review: ([A-Za-z0-9._-]{1,60}) -->", comment["body"] or "")
        if marked and comment["user"]["login"] == BOT:
            found.setdefault(marked[1], int(comment["id"]))
    return found


def reviews(github: GitHub, run: dict[str, Any]) -> dict[str, str]:
    """What to show of each stack."""
    bodies: dict[str, str] = {}
    for artifact in github.pages(f"/actions/runs/{int(run['id'])}/artifacts", "artifacts"):
        named = NAMED.fullmatch(artifact["name"])
        if named is None or artifact["expired"] or (is_fork(run) and named[1] != LOCAL) or len(bodies) == MOST:
            continue
        body, why = review_of(github, artifact)
        bodies[named[1]] = body or f"## aep review: stack `{named[1]}`\n\n**Error.** The review {why}: see the checks.\n"
    return bodies


def review_of(github: GitHub, artifact: dict[str, Any]) -> tuple[str, str]:
    """The review in an artifact, or why it is not shown."""
    if artifact["size_in_bytes"] > LARGEST:
        return "", "is too large"
    try:
        archive = github.file(f"/actions/artifacts/{int(artifact['id'])}/zip")
    except CannotError as error:
        print(f"comment: {error}", file=sys.stderr)
        return "", "cannot be fetched"
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
    return (text, "") if is_tame(text) else ("", "has words that no review has, and is not shown")


def is_tame(text: str) -> bool:
    """Whether this could be a review: whatever a stranger chose stands in code, and mentions, links and tags do nothing."""
    if any(letter != "\n" and unicodedata.category(letter) in CONTROLS for letter in text):
        return False
    fence, folded, drawing = "", False, False
    for line in text.split("\n"):
        # A fence right after a tag is none, and its lines would be live.
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
