"""All rules of the pack, in the order of the README."""

from authentication import ALLOWED_AUTHENTICATION
from backfill import NO_BACKFILL
from connectors import ALLOWED_CONNECTORS
from descriptions import DESCRIPTIONS
from idle_connections import NO_IDLE_CONNECTION
from minimum_interval import MINIMUM_INTERVAL
from names import NAMES
from one_time_flow import NO_ONE_TIME_FLOW
from one_writer import ONE_WRITER
from partial_ingestion import PARTIAL_INGESTION
from personal_data import PERSONAL_DATA
from protection import PROTECTED
from rule import Rule
from schedule_budget import SCHEDULE_BUDGET
from unique_titles import UNIQUE_TITLES

RULES: tuple[Rule, ...] = (
    MINIMUM_INTERVAL,
    SCHEDULE_BUDGET,
    NO_ONE_TIME_FLOW,
    NO_BACKFILL,
    ALLOWED_CONNECTORS,
    ALLOWED_AUTHENTICATION,
    NAMES,
    DESCRIPTIONS,
    PROTECTED,
    ONE_WRITER,
    NO_IDLE_CONNECTION,
    PERSONAL_DATA,
    PARTIAL_INGESTION,
    UNIQUE_TITLES,
)
