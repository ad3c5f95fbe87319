"""Review: what a preview means, for the person who approves it.

Pure: the engine's events in, a `Review` out, and a text for each reader (`markdown`, `page`, `machine`).
"""

from aep_pulumi.review.events import BadEventsError, Preview
from aep_pulumi.review.parts import Interrupted, Review, ReviewOutcome
from aep_pulumi.review.reviewing import review_of, unusable

__all__ = ["BadEventsError", "Interrupted", "Preview", "Review", "ReviewOutcome", "review_of", "unusable"]
