"""Stories of decisions against a person, on the real worker: heard, refused, and undone."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from domain.case.state import Case
from domain.terms.counting import local_day
from tests.support.casework import Said
from tests.support.host import Host
from tests.support.party_play import Line, Party, approve_first, approve_second

pytestmark = pytest.mark.clocked

MOMENT = timedelta(seconds=1)
REFUSED = {"ground": "not_delivered", "reason": True}


def clerk(number: int, name: str, **data: object) -> Line:
    """What one of the two caseworkers says."""

    def line(_connection: Connection, party: Party, _case: Case) -> Said:
        return Said(name, party.file.caseworker(number), dict(data))

    return line


def recipient(name: str, **data: object) -> Line:
    def line(_connection: Connection, party: Party, _case: Case) -> Said:
        return Said(name, party.file.recipient, dict(data))

    return line


async def test_v5_v6_l12_a_refusal_is_heard_a_court_cancels_it_and_the_case_is_paid(
    host: Host,
) -> None:
    party = await host.begin()
    await host.play(party, "under_review")
    await host.say(party, clerk(0, "intend_refusal", **REFUSED))
    await host.say(party, recipient("raise_objection", reason=True))
    hearing = host.case(party).periods[1].hearing
    assert hearing is not None
    [objection] = hearing.objections
    await host.say(party, clerk(0, "answer_objection", objection=objection.id, reason=True))
    await host.let_run_out(party, "hearing")
    await host.rests(party)
    await host.say(party, clerk(0, "refuse", **REFUSED))
    await host.say(party, clerk(1, "refuse", **REFUSED))
    await host.reaches(party, "refused")
    await host.rests(party)

    court = {"ground": "court", "reason": True, "evidence": True}
    await host.say(party, clerk(0, "reopen_case", **court))
    await host.rests(party)
    assert host.case(party).status == "refused"
    await host.say(party, clerk(1, "reopen_case", **court))
    assert host.case(party).status == "under_review"
    await host.say(party, approve_first)
    await host.say(party, approve_second)
    await host.rests(party)
    await host.play(party, "completed")
    assert len(host.payments(party)) == 1


async def test_c9_a_programme_that_ends_while_choosing_ends_the_case_after_a_warning(
    host: Host,
) -> None:
    ends = local_day(datetime.now(UTC)) + timedelta(days=40)
    party = await host.begin(programme__valid_until=ends.isoformat())
    await host.play(party, "choosing")
    end = await host.let_run_out(party, "programme")
    await host.reaches(party, "ended")
    await host.rests(party)
    assert [row for row in host.rows(party) if row == "C9"] == ["C9", "C9"]
    assert local_day(end - MOMENT) >= ends
    assert host.case(party).tasks == {}


async def test_l12_a_decline_is_taken_back_and_the_choice_keeps_its_last_day(host: Host) -> None:
    party = await host.begin()
    await host.play(party, "choosing")
    end = host.case(party).periods[1].deadlines["choice"].expires_at
    await host.say(party, recipient("decline", reason=True))
    await host.reaches(party, "declined")
    await host.rests(party)
    await host.say(party, recipient("take_back_decline"))
    case = host.case(party)
    assert (case.status, case.periods[1].deadlines["choice"].expires_at) == ("choosing", end)
