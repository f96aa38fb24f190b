"""`ozhb holds` against a served API: at the console."""

from cli.holds import Switch
from db.holds import SWITCHES
from tests.cli.console import Console


def test_whatever_can_be_held_can_be_named() -> None:
    assert tuple(one.value for one in Switch) == SWITCHES


async def test_payments_are_held_listed_and_released(console: Console) -> None:
    placed = await console.ask("place", "payments", "--reason", "Счет заблокирован", noun="holds")
    assert (placed["switch"], placed["held"], placed["on_their_way"]) == ("payments", True, 0)
    (one,) = await console.ask("list", noun="holds")
    assert (one["switch"], one["reason"], one["waiting"]) == ("payments", "Счет заблокирован", 0)
    code, out, _ = await console.run("cases", "stuck")
    assert (code, "held by an administrator: payments" in out) == (0, True)
    code, _, err = await console.run("holds", "place", "payments", "--reason", "Еще раз")
    assert (code, "This is held already." in err) == (1, True)
    code, _, _ = await console.run("holds", "place", "everything", "--reason", "Все")
    assert code == 2
    released = await console.ask("release", "payments", noun="holds")
    assert (released["held"], released["id"]) == (False, placed["id"])
    assert await console.ask("list", noun="holds") == []
