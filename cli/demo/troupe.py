"""Those who play in more than one story: suppliers, officials, E-Собес."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from cli.demo.portal import Player
from cli.demo.stage import Stage, StagedSupplier
from cli.people import sample_authorities

# Prices in tiyn. Who is alone in one story can have a fault of its own.
SUPPLIERS = {
    "Үлгі-Қозғалыс": {"MOBILITY-WHEELCHAIR-OUTDOOR": 28_400_000, "AID-ELBOW-CRUTCHES": 1_400_000},
    "Пример-Оптика": {"TYPHLO-MAGNIFIER": 20_500_000},
    "Образец-Мед": {"TYPHLO-MAGNIFIER": 21_000_000, "HYGIENE-DIAPER-L": 31_500},
    "Жаңа-Тірек": {"AID-ELBOW-CRUTCHES": 1_450_000},
    "Қайта-Төлем": {"AID-ELBOW-CRUTCHES": 1_450_000},
    "Екі-Сөз": {"AID-ELBOW-CRUTCHES": 1_400_000},
    "Жарты-Қайтарым": {"AID-ELBOW-CRUTCHES": 1_400_000},
    "Қымбат-Арба": {"MOBILITY-WHEELCHAIR-OUTDOOR": 31_000_000},
    "Алыс-Сигнал": {"SURDO-SIGNALLER": 3_250_000},
    "Мысал-Шипа": {"SANATORIUM-STAY": 24_500_000},
    "Сынақ-Балдақ": {"AID-ELBOW-CRUTCHES": 1_300_000, "TYPHLO-CANE": 600_000},
}


@dataclass(frozen=True)
class Troupe:
    """Everybody who is there for all stories."""

    esobes: Player
    administrators: tuple[Player, Player]
    caseworkers: tuple[Player, Player]
    commission: Player
    suppliers: Mapping[str, StagedSupplier]

    @classmethod
    async def gathered(cls, stage: Stage) -> "Troupe":
        """Everybody signed in, authorities imported, suppliers on the portal with their offers."""
        casting = stage.casting
        parts = {
            "Әкімші": "administrator",
            "Екінші": "administrator",
            "Маман": "caseworker",
            "Басшы": "caseworker",
            "Комиссия": "commission",
        }
        people = [stage.person(casting.person(name), role) for name, role in parts.items()]
        one, other, first, second, commission = await asyncio.gather(*people)
        authorities = {"kind": "authorities", "content": sample_authorities()}
        change = await one.send("/v1/changes", authorities)
        await other.send(f"/v1/changes/{change['id']}/approve", {})
        firms = [casting.firm(name, offers) for name, offers in SUPPLIERS.items()]
        put = await asyncio.gather(*(stage.supplier(firm, one) for firm in firms))
        suppliers = {supplier.firm.name: supplier for supplier in put}
        esobes = await stage.system("esobes")
        return cls(esobes, (one, other), (first, second), commission, suppliers)

    def supplier(self, name: str) -> StagedSupplier:
        return self.suppliers[name]
