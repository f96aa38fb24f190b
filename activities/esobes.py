"""Report the end of a measure to E-Собес."""

from dataclasses import dataclass

from sqlalchemy import Engine
from temporalio import activity

from activities.effects import EffectKeys, EffectOrder
from activities.outcomes import Result, WantedEffect, once
from db.casefile import Look
from domain.messages import Role
from domain.terms.counting import local_day
from integrations.errors import OutsideRefusal
from integrations.esobes import Esobes, MeasureResult


@dataclass(frozen=True)
class EsobesActivities:
    """Tells until it is acknowledged; the key makes E-Собес count it once."""

    engine: Engine
    esobes: Esobes

    @activity.defn(name="report", no_thread_cancel_exception=True)
    def report(self, asked: EffectKeys) -> Look:
        """A result that E-Собес refuses holds nothing up: the file says with which code."""
        return once(self.engine, asked, _plan, self._report)

    def _report(self, order: EffectOrder, result: MeasureResult) -> Result:
        data = {"status": order.data["status"]}
        try:
            self.esobes.report(result)
        except OutsideRefusal as refused:
            data["refused"] = refused.code
        return Result("result_reported", Role.SERVICE, data)


def _plan(asked: WantedEffect) -> MeasureResult:
    order, stands = asked.order, asked.stands
    programme_number, measure_id = stands.measure_key
    _, at = stands.cause(order.key)
    return MeasureResult(
        key=f"{order.case_id}/{order.key}",
        programme_number=programme_number,
        measure_id=measure_id,
        period=order.period,
        status=order.data["status"],
        on=local_day(at),
        case_id=order.case_id,
    )
