"""Review: what a preview means, for the person who must agree to it.

Pure: the engine's events in, a `Review` out, and a text for each reader (`markdown`, `page`, `machine`).
"""

from aep_pulumi.review.events import BadEventsError, Preview
from aep_pulumi.review.parts import Interrupted, Review, ReviewOutcome
from aep_pulumi.review.reviewing import refused, review_of

__all__ = ["BadEventsError", "Interrupted", "Preview", "Review", "ReviewOutcome", "refused", "review_of"]
