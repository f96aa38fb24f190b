"""Who acts for the recipient, in what and from when to when (Civil Code 163, 164, 167-170)."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from pydantic import Field

from domain.canonical import canonical_bytes, sha256_hex
from domain.messages import Frozen

# The acts that a power may be limited to; what is in none of them needs the whole of it.
SCOPES: Final = {
    "order": (
        "open_case",
        "place_order",
        "cancel_order",
        "decline",
        "ask_reopening",
        "report_no_supplier",
    ),
    "receive": ("open_case", "accept", "complain"),
    "sign": ("open_case", "sign"),
}
# The ground of a pause that comes and goes by itself: nobody can act for the recipient.
NOBODY: Final = "nobody_to_act"
# A power of attorney without a term lasts a year, and none lasts longer than three (CC 167, 168).
YEARS_UNNAMED: Final = 1
YEARS_AT_MOST: Final = 3
_A_DAY: Final = timedelta(days=1)


class Kind(StrEnum):
    """On what a power rests, in the words of E-Собес."""

    GUARDIAN = "GUARDIAN"
    TRUSTEE = "TRUSTEE"
    PARENT = "PARENT"
    ATTORNEY = "ATTORNEY"


class Capacity(StrEnum):
    """Whether the recipient acts alone, with a trustee's consent, or only through another."""

    FULL = "full"
    ASSISTED = "assisted"
    REPRESENTED = "represented"


# What the law says of whom such a representative is given to; a power of attorney says nothing.
CAPACITY_UNDER: Final = {
    Kind.GUARDIAN: Capacity.REPRESENTED,
    Kind.PARENT: Capacity.REPRESENTED,
    Kind.TRUSTEE: Capacity.ASSISTED,
}


class Representative(Frozen):
    """A person's power to act for the recipient; the paper behind it is kept sealed under `id`.

    `until` is its last day, `scope` what it is limited to (nothing: all acts). Of one that was
    `ended` by an act nothing is left from the moment this was recorded. `told_by` is the role that
    told us: a message of E-Собес replaces none that a caseworker entered.
    """

    id: str
    person: str
    kind: Kind
    since: date
    until: date | None = None
    scope: tuple[str, ...] = ()
    told_by: str = "esobes"
    ended: bool = False

    def holds(self, on: date) -> bool:
        """Whether the power is there on a local day."""
        return not self.ended and self.since <= on and (self.until is None or on <= self.until)

    def covers(self, act: str) -> bool:
        """Whether a command is among what the power is given for."""
        return not self.scope or any(act in SCOPES[word] for word in self.scope)


class Proposed(Frozen):
    """What one caseworker entered of who acts for the recipient, and a second has not confirmed.

    Either a representative who `begins` or the power that `ends` on a day, or the `capacity`.
    `contacts` is the fingerprint of how the representative can be reached; those lie sealed.
    """

    by: str
    at: datetime
    begins: Representative | None = None
    ends: str | None = None
    on: date | None = None
    capacity: Capacity | None = None
    contacts: str | None = None

    @property
    def id(self) -> str:
        """By what it says, so that what is confirmed is what was read, in every case alike."""
        said = self.model_dump(mode="json", exclude={"by", "at"})
        return sha256_hex(canonical_bytes(said))[:32]


def _is_empty(value: object) -> bool:
    return not value


class Acting(Frozen):
    """Who acts on the side of the recipient: everybody who ever had a power, the latest last.

    As a message tells it, `capacity` may be missing: then it follows from the representative.
    Nothing follows from what is `proposed` until it is confirmed.
    """

    capacity: Capacity | None = None
    representatives: tuple[Representative, ...] = ()
    died: bool = False
    proposed: tuple[Proposed, ...] = Field(default=(), exclude_if=_is_empty)

    @property
    def alone(self) -> bool:
        """The recipient needs nobody."""
        return self.capacity in (None, Capacity.FULL)

    def present(self, on: date) -> Iterator[Representative]:
        """Those who have a power on a day."""
        return (one for one in self.representatives if one.holds(on))

    def power_of(self, person: str | None, on: date) -> Representative | None:
        """A person's power on a day; without one the last that they had, if any."""
        theirs = [one for one in reversed(self.representatives) if one.person == person]
        last = theirs[0] if theirs else None
        return next((one for one in theirs if one.holds(on)), last)

    def awaits(self, person: str | None) -> bool:
        """Whether a power of this person waits for the second caseworker."""
        return any(one.begins and one.begins.person == person for one in self.proposed)

    def proposal(self, id_: str) -> Proposed | None:
        """What was proposed and is open, by its id."""
        return next((one for one in self.proposed if one.id == id_), None)

    def with_proposal(self, made: Proposed) -> "Acting":
        """With another proposal; one that says the same stays the first one's."""
        if self.proposal(made.id):
            return self
        return self.model_copy(update={"proposed": (*self.proposed, made)})

    def without_proposal(self, id_: str) -> "Acting":
        left = tuple(one for one in self.proposed if one.id != id_)
        return self.model_copy(update={"proposed": left})

    def confirmed(self, made: Proposed, on: date) -> "Acting":
        """As a second caseworker has confirmed it on a day."""
        acting = self.without_proposal(made.id)
        if made.begins is not None:
            return acting.begun(made.begins)
        if made.ends is not None:
            assert made.on is not None, "a power ends on a day"
            return acting.ended(made.ends, made.on)
        assert made.capacity is not None, "something is proposed"
        return acting.of_capacity(made.capacity, on)

    def somebody(self, on: date) -> bool:
        """Whether anybody can act for the recipient on a day, themselves included."""
        return self.alone or any(self.present(on))

    def idle_since(self, on: date) -> date | None:
        """The first day, up to this one, on which nobody could act; None where somebody can."""
        if self.somebody(on):
            return None
        lawful = (one for one in self.representatives if one.kind in CAPACITY_UNDER)
        return max((min(one.until + _A_DAY, on) for one in lawful if one.until), default=on)

    def lapses_on(self, on: date) -> date | None:
        """The last day of the power that ends next."""
        return min((one.until for one in self.present(on) if one.until), default=None)

    def begun(self, made: Representative) -> "Acting":
        """With another representative; one known by the same paper is written anew."""
        others = tuple(one for one in self.representatives if one.id != made.id)
        capacity = CAPACITY_UNDER.get(made.kind, self.capacity)
        left = (one for one in self.proposed if one.begins is None or one.begins.id != made.id)
        return self.model_copy(
            update={
                "representatives": (*others, made),
                "capacity": capacity,
                "proposed": tuple(left),
            }
        )

    def ended(self, id_: str, last: date) -> "Acting":
        """Without the power of this id, whose last day it was."""
        return self._replace(
            *(_ended(one, last) if one.id == id_ else one for one in self.representatives)
        )

    def of_capacity(self, capacity: Capacity, on: date) -> "Acting":
        """The recipient's capacity is another: whom the law gave for the former one is done."""
        kept = (
            _ended(one, on)
            if not one.ended and CAPACITY_UNDER.get(one.kind, capacity) != capacity
            else one
            for one in self.representatives
        )
        return self._replace(*kept).model_copy(update={"capacity": capacity})

    def revised(self, told: "Acting", on: date) -> "Acting":
        """As a later message of E-Собес tells it: its representative instead of those it told of.

        That it names nobody does not mean that the recipient acts alone: that it says by itself.
        """
        named = {one.id for one in told.representatives}
        acting = self._replace(
            *(
                one if one.ended or one.told_by != "esobes" or one.id in named else _ended(one, on)
                for one in self.representatives
            )
        )
        for made in told.representatives:
            acting = acting.begun(made)
        return acting if told.capacity is None else acting.of_capacity(told.capacity, on)

    def _replace(self, *representatives: Representative) -> "Acting":
        return self.model_copy(update={"representatives": representatives})


class Consent(Frozen):
    """A trustee's consent to an act of the ward; to an order by the application it makes."""

    by: str
    at: datetime
    act: str
    application: str | None = None


def _ended(one: Representative, last: date) -> Representative:
    until = last if one.until is None else min(one.until, last)
    return one.model_copy(update={"until": until, "ended": True})


def last_day_of_attorney(given_on: date, until: date | None) -> date:
    """The last day of a power of attorney: a year where none is named, three at most."""
    longest = _years_later(given_on, YEARS_AT_MOST)
    return min(longest, until or _years_later(given_on, YEARS_UNNAMED))


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)
