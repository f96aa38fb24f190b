"""Report the end of a measure to E-Собес."""

from dataclasses import dataclass

from sqlalchemy import Engine
from temporalio import activity

from activities.orders import EffectOrder, EffectOutcome
from activities.outcomes import Result, once
from db.dispatches import measure_key, read_effect
from domain.messages import Role
from domain.terms import local_day
from integrations.errors import Refused
from integrations.esobes import Esobes, MeasureResult


@dataclass(frozen=True)
class EsobesActivities:
    """Tells until it is acknowledged; the key makes E-Собес count it once."""

    engine: Engine
    esobes: Esobes

    @activity.defn(name="report")
    def report(self, order: EffectOrder) -> EffectOutcome:
        """A result that E-Собес refuses holds nothing up: the file says with which code."""
        return once(self.engine, order, self._report)

    def _report(self, order: EffectOrder) -> Result:
        with self.engine.connect() as connection:
            _, event, _ = read_effect(connection, order.case_id, order.key)
            programme_number, measure_id = measure_key(connection, order.case_id)
        data = {"status": order.data["status"]}
        result = MeasureResult(
            key=f"{order.case_id}/{order.key}",
            programme_number=programme_number,
            measure_id=measure_id,
            status=order.data["status"],
            on=local_day(event.at),
            case_id=order.case_id,
        )
        try:
            self.esobes.report(result)
        except Refused as refused:
            data["refused"] = refused.code
        return Result("result_reported", Role.SERVICE, data)
