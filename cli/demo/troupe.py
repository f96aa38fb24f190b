"""Those who play in more than one story: suppliers, caseworkers, the administrator, E-Собес."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from cli.demo.portal import Player
from cli.demo.stage import Stage, Supplier

# Prices in tiyn. Who is alone in one story can have a fault of its own.
SUPPLIERS = {
    "Үлгі-Қозғалыс": {"MOBILITY-WHEELCHAIR-OUTDOOR": 28_400_000, "AID-ELBOW-CRUTCHES": 1_400_000},
    "Пример-Оптика": {"TYPHLO-MAGNIFIER": 20_500_000},
    "Образец-Мед": {"TYPHLO-MAGNIFIER": 21_000_000, "HYGIENE-DIAPER-L": 31_500},
    "Жаңа-Тірек": {"AID-ELBOW-CRUTCHES": 1_450_000},
    "Қымбат-Арба": {"MOBILITY-WHEELCHAIR-OUTDOOR": 31_000_000},
    "Алыс-Сигнал": {"SURDO-SIGNALLER": 3_250_000},
    "Мысал-Шипа": {"SANATORIUM-STAY": 24_500_000},
}


@dataclass(frozen=True)
class Troupe:
    """Everybody who is there for all stories; `quiet` is set when only time has to pass."""

    esobes: Player
    administrator: Player
    caseworkers: tuple[Player, Player]
    suppliers: Mapping[str, Supplier]
    quiet: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    async def gathered(cls, stage: Stage) -> "Troupe":
        """Everybody signed in, the suppliers on the portal with their offers."""
        casting = stage.casting
        esobes, administrator, first, second = await asyncio.gather(
            stage.system("esobes"),
            stage.person(casting.person("Әкімші"), "administrator"),
            stage.person(casting.person("Маман"), "caseworker"),
            stage.person(casting.person("Басшы"), "caseworker"),
        )
        firms = [casting.firm(name, offers) for name, offers in SUPPLIERS.items()]
        put = await asyncio.gather(*(stage.supplier(firm, administrator) for firm in firms))
        suppliers = {supplier.firm.name: supplier for supplier in put}
        return cls(esobes, administrator, (first, second), suppliers)

    def supplier(self, name: str) -> Supplier:
        return self.suppliers[name]

    async def others_ended(self) -> None:
        """Wait until every story that does not skip time has ended."""
        await self.quiet.wait()
