"""Time-outs, retries and queues, named by what is at the other end."""

from datetime import timedelta

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityConfig, LocalActivityConfig

CASES = "cases"
PAYMENTS = "payments"

# The case file: short, idempotent, and given up on visibly (the workflow task then fails).
RECORDS = LocalActivityConfig(
    start_to_close_timeout=timedelta(seconds=15),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=200),
        maximum_interval=timedelta(seconds=2),
        # Twenty seconds in all, and eight where nobody answers, which `look` itself counts: the
        # SDK's core bounds no local activity by a schedule-to-close.
        maximum_attempts=13,
        non_retryable_error_types=["NoSuchCase", "Silent"],
    ),
)

# An outside system: tried until it answers; after `PARKED_AFTER` attempts the case is parked.
# A worker that says nothing for the time of a heartbeat is dead, and its effects are another's.
OUTSIDE = ActivityConfig(
    start_to_close_timeout=timedelta(seconds=30),
    heartbeat_timeout=timedelta(seconds=5),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1),
        backoff_coefficient=2.0,
        maximum_interval=timedelta(minutes=10),
    ),
)
PARKED_AFTER = 5

# The sweep of housekeeping: one long activity that says every few seconds that it lives.
SWEEP = ActivityConfig(
    start_to_close_timeout=timedelta(minutes=10),
    heartbeat_timeout=timedelta(seconds=20),
    retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=10)),
)

# The same for what E-Собес is told of: one look may last as long as it takes to answer.
TELLING = ActivityConfig(
    start_to_close_timeout=timedelta(minutes=15),
    heartbeat_timeout=timedelta(minutes=5),
    retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=1)),
)
