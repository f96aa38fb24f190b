"""Afterwards: nothing that was answered is lost, nothing was done twice, every file holds."""

from base64 import b64decode
from collections import Counter
from typing import Any

import httpx
from sqlalchemy import Engine, text

from db.inbox import fingerprint
from db.rebuild import compare, scratch
from db.sealing import Seal
from tests.cluster.load import Crowd
from tests.cluster.servers import Cluster

_HEARD = text(
    "SELECT idempotency_key AS key, count(*) AS rows, count(*) FILTER (WHERE refused IS NULL AND"
    " NOT EXISTS (SELECT 1 FROM event e WHERE e.case_id = i.case_id"
    "  AND e.message_id = CAST(i.id AS text))) AS unheard"
    " FROM inbox i GROUP BY idempotency_key"
)
_CASES = text("SELECT case_id FROM case_head WHERE seq > 0")
_WAITS = text(
    "SELECT (SELECT count(*) FROM wake) + (SELECT count(*) FROM unheard)"
    " + (SELECT count(*) FROM journal WHERE verdict = 'pending')"
)


def waits(engine: Engine) -> int:
    """What is not done yet."""
    with engine.connect() as connection:
        return int(connection.execute(_WAITS).scalar_one())


def prove_all(engine: Engine, crowd: Crowd, cluster: Cluster) -> dict[str, Any]:
    """`acknowledged`, `lost`, `doubled`, `damaged` and `unpaid`, by what they are."""
    ledger = crowd.ledger
    seal = Seal(masters={}, index_key=b64decode(cluster.keys.person_index_key))
    commands = {
        fingerprint(seal, key.encode()).hex(): (case, what)
        for key, (case, what) in ledger.acknowledged.items()
        if what.endswith("/commands")
    }
    with engine.connect() as connection:
        heard = {row.key: row for row in connection.execute(_HEARD)}
        cases = [str(one) for one in connection.execute(_CASES).scalars()]
    lost = [told for key, told in commands.items() if key not in heard or heard[key].unheard]
    lost += [(one.case, "case") for one in crowd.players if one.case and one.case not in cases]
    doubled = [key for key, row in heard.items() if row.rows > 1]
    damaged: list[str] = []
    for case in cases:
        with scratch(engine) as connection:
            damaged += [f"{case}: {one.table}" for one in compare(connection, case)]
    with httpx.Client(
        base_url=cluster.ports.urls["sandbox"], timeout=30, trust_env=False
    ) as client:
        orders = client.get("/treasury/orders").raise_for_status().json()
    settled: Counter[str] = Counter()
    for one in orders:
        settled[one["key"].partition("-")[0]] += one["settled"]
    paid = [key for key, many in settled.items() if many]
    return {
        "acknowledged": len(ledger.acknowledged),
        "cases": len(cases),
        "finished": ledger.finished,
        "lost": lost,
        "doubled": doubled,
        "paid_twice": [key for key, many in settled.items() if many > 1],
        "unpaid": ledger.finished - len(paid),
        "damaged": damaged,
        "went_wrong": crowd.wrong,
        "faults_answered": ledger.faults,
    }
