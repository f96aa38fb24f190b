"""What the logs and metrics of a run say that a case costs."""

from bench.counters import figures, most_said, of_cases, transactions, written

LOG = """\
starting PostgreSQL
@@app|ozhb h 70|7|LOG:  statement: BEGIN ISOLATION LEVEL READ COMMITTED
@@app|ozhb h 80|8|LOG:  execute _pg3_1: SELECT 1
@@app|ozhb h 70|7|LOG:  execute _pg3_4: UPDATE case_head
\tSET seq = $1
@@sandbox||9|LOG:  statement: SELECT legal_now()
@@app|ozhb h 70|7|ERROR:  canceling statement due to lock timeout
@@app|ozhb h 70|7|LOG:  statement: COMMIT
@@app|ozhb h 70|7|LOG:  statement: ;
@@app|ozhb h 80|8|LOG:  statement: BEGIN
@@app|ozhb h 80|8|LOG:  execute <unnamed>: SELECT 1
@@app|ozhb h 80|8|LOG:  statement: ROLLBACK
"""
METRICS = """\
# TYPE persistence_requests counter
persistence_requests{namespace="default",operation="UpdateWorkflowExecution",service_name="s"} 440
persistence_requests{namespace="default",operation="CreateWorkflowExecution",service_name="s"} 18
persistence_requests{namespace="default",operation="CreateTasks",service_name="s"} 1
persistence_requests{namespace="default",operation="GetCurrentExecution",service_name="s"} 126
persistence_requests{namespace="temporal_system",operation="CreateTasks",service_name="s"} 2
"""
CHANGE = ("BEGIN ISOLATION LEVEL READ COMMITTED", "UPDATE case_head SET seq = $1", "COMMIT")
GIVEN_UP = ("BEGIN", "SELECT 1", "ROLLBACK")


def test_sessions_that_talk_at_once_are_told_apart() -> None:
    found = transactions(LOG, "app")
    assert found == {CHANGE: 1, GIVEN_UP: 1, ("SELECT 1",): 1, (";",): 1}


def test_a_process_is_told_by_its_name() -> None:
    assert transactions(LOG, "app", 80) == {GIVEN_UP: 1, ("SELECT 1",): 1}
    assert transactions(LOG, "app", 8) == {}


def test_what_also_goes_on_while_nobody_asks_is_no_cost_of_a_case() -> None:
    idle = transactions("@@app|ozhb h 70|3|LOG:  statement: ;\n", "app")
    assert of_cases(transactions(LOG, "app"), idle) == {CHANGE: 1, GIVEN_UP: 1, ("SELECT 1",): 1}


def test_a_case_costs_its_share_of_statements_and_transactions() -> None:
    assert figures(transactions(LOG, "app"), cases=2) == {
        "transactions": 2,
        "rolled_back": 0.5,
        "statements": 4,
    }


def test_the_most_frequent_statement_comes_first() -> None:
    assert next(iter(most_said(transactions(LOG, "app"), cases=2).items())) == ("SELECT 1", 1)


def test_only_what_temporal_writes_of_cases_counts() -> None:
    assert written(METRICS) == 459
