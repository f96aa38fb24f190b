"""Whether another calendar changes anything."""

from domain.context import Context
from domain.guards.registry import guard, unless
from domain.messages import Refusal
from domain.recount import moved


@guard
def some_term_moves(c: Context) -> Refusal | None:
    return unless(bool(moved(c)), "nothing_to_do")
