"""The reviews of many stacks as one."""

from aep_pulumi.review import ReviewOutcome, unusable
from aep_pulumi.review.combined import Combined, End, Part, as_markdown, as_page
from aep_pulumi.review.parts import Review
from aep_pulumi.review.wording import text

BAD = "<script>alert(1)</script> @someone | `x`"


def combined() -> Combined:
    changed = Review(ReviewOutcome.CHANGES, text("Changes. 3 created, 0 unchanged."), "estate", "b")
    return Combined(
        "up",
        (
            Part("fine", End.UNCHANGED, "dev", review=Review(ReviewOutcome.NOTHING, text("No change."), "estate", "fine")),
            Part("b", End.CHANGED, "dev", counts="3 created", took_s=4.2, review=changed),
            Part("broken", End.FAILED, "stage", sentence=BAD, review=unusable(BAD, project="estate", stack="broken")),
            Part("waiting", End.BLOCKED, "stage", sentence="not started: it depends on broken"),
        ),
    )


def test_the_headline_counts_each_end() -> None:
    assert combined().headline == "4 stacks: 1 failed, 1 not started, 1 changed, 1 unchanged."
    assert Combined("preview", (Part("a", End.CHANGED),)).headline == "1 stack: 1 would change."
    assert Combined("up", ()).headline == "0 stacks: nothing to do."


def test_the_most_urgent_come_first_in_both_forms() -> None:
    for written in (as_markdown(combined()), as_page(combined())):
        assert written.index("broken") < written.index("waiting")
        assert "4 stacks: 1 failed, 1 not started, 1 changed, 1 unchanged." in written


def test_untrusted_text_is_escaped() -> None:
    page, markdown = as_page(combined()), as_markdown(combined())
    assert "<script>" not in page
    assert "<script>" not in markdown
    assert " @someone" not in markdown


def test_unchanged_stacks_have_a_row_and_no_review_of_their_own() -> None:
    written = as_markdown(combined())
    assert "| `fine` | `dev` | **unchanged** |  |" in written
    assert written.count("<details><summary>") == written.count("</details>")
    assert "Changes. 3 created" in written
    assert "stack `fine` of project" not in written


def test_a_comment_is_cut_at_whole_lines() -> None:
    parts = tuple(Part(f"stack-{number}", End.CHANGED, "dev", counts="3 created") for number in range(200))
    written = as_markdown(Combined("up", parts), longest=4_000)
    assert len(written) <= 4_000
    assert "The whole review is in the run's files." in written
    assert all(line.endswith("|") for line in written.splitlines() if line.startswith("| `"))


def test_reviews_are_left_out_before_rows() -> None:
    review = unusable("it failed " * 300, project="estate", stack="x")
    parts = tuple(Part(f"stack-{number}", End.FAILED, "dev", sentence="it failed", review=review) for number in range(20))
    written = as_markdown(Combined("up", parts), longest=5_000)
    assert len(written) <= 5_000
    assert sum(line.startswith("| `stack-") for line in written.splitlines()) == 20
    assert "not shown" in written
