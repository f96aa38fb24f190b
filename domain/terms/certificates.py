"""The deadline certificate as a document: what a case stores, with all that explains and proves it.

A case stores the nine keys of `Certificate.to_json`; the rest follows from them and the calendar
and is written out here: rules with articles, the source of each day off, whether the result is
provisional, and what came after it. Pure; shape: `schemas/deadline-certificate.schema.json`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain as joined
from typing import Any, Final, Literal, Self

from domain.terms.counting import (
    RULES,
    Calendar,
    Certificate,
    Term,
    certify,
    end_of_day,
    local_day,
    rfc3339,
    undecided,
)

LinkKind = Literal["extended", "paused", "resumed", "recomputed", "corrected"]
# What the holder of a certificate states; everything else is computed from it.
STATED: Final = frozenset(("event", "instant", "start", "term", "calendar", "article", "chain"))


@dataclass(frozen=True, slots=True)
class CertificateLink:
    """One later change of a deadline: from which last day to which, why, on what basis, and when.

    A pause keeps the day, for the term stands still until `resumed` says the new one.
    """

    kind: LinkKind
    from_day: date
    to_day: date
    why: str
    article: str
    at: datetime

    def to_json(self) -> dict[str, object]:
        """The link in JSON types; days as YYYY-MM-DD, the instant as RFC 3339 with Z."""
        return {
            "kind": self.kind,
            "from": self.from_day.isoformat(),
            "to": self.to_day.isoformat(),
            "why": self.why,
            "article": self.article,
            "at": rfc3339(self.at),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read a link of a document that fits the schema."""
        return cls(
            kind=data["kind"],
            from_day=date.fromisoformat(data["from"]),
            to_day=date.fromisoformat(data["to"]),
            why=data["why"],
            article=data["article"],
            at=datetime.fromisoformat(data["at"]),
        )

    @property
    def keeps_forward(self) -> bool:
        """A pause keeps the day, a resumption may, and everything else gives more time."""
        if self.kind == "paused":
            return self.to_day == self.from_day
        return self.to_day > self.from_day or (
            self.kind == "resumed" and self.to_day == self.from_day
        )


@dataclass(frozen=True, slots=True)
class CertificateDifference:
    """A field, by its JSON pointer, that holds something else than what is computed."""

    field: str
    held: object
    computed: object


def document(
    certificate: Certificate,
    calendar: Calendar,
    *,
    event: str | None = None,
    instant: datetime | None = None,
    chain: Sequence[CertificateLink] = (),
) -> dict[str, object]:
    """The certificate for people and programs outside, in JSON types.

    `calendar` is the certificate's own. `event` is the code of what began the term, `instant` when
    it happened, where known. After a chain `last_day` and `expires_at` are those of its last link;
    `raw_last_day`, `skipped`, `rules` and `provisional` speak of the first computation.
    """
    last_day = chain[-1].to_day if chain else certificate.last_day
    return {
        **({"event": event} if event else {}),
        **({"instant": rfc3339(instant)} if instant else {}),
        **certificate.to_json(),
        "last_day": last_day.isoformat(),
        "expires_at": rfc3339(end_of_day(last_day)),
        "skipped": [
            {"day": one.day.isoformat(), "reason": one.reason, "source": calendar.source(one.day)}
            for one in certificate.skipped
        ],
        "rules": [{"rule": rule, "article": RULES[rule]} for rule in certificate.rules],
        "provisional": bool(undecided(certificate, calendar)),
        "chain": [link.to_json() for link in chain],
    }


def discrepancies(held: Mapping[str, Any], calendar: Calendar) -> Iterator[CertificateDifference]:
    """Every field of a certificate that does not follow from its start, term and calendar.

    `held` fits the schema, as stored or as a document, and names `calendar`. CalendarEnds if it
    needs a day that the calendar does not know. What is stated is taken as it is (STATED), but
    the start must be the local day of the instant, and the chain must hang together.
    """
    start = date.fromisoformat(held["start"])
    if "instant" in held:
        yield from _compared("/start", held["start"], _day_of(held["instant"]))
    certificate = certify(start, Term.parse(held["term"]), calendar, held["article"])
    chain = [CertificateLink.from_json(link) for link in held.get("chain", ())]
    full = "rules" in held
    written = document(certificate, calendar, chain=chain) if full else certificate.to_json()
    for name in written:
        if name not in STATED:
            yield from _compared(f"/{name}", held[name], written[name])
    yield from _loose(chain, certificate.last_day)


def _loose(chain: Sequence[CertificateLink], end: date) -> Iterator[CertificateDifference]:
    """Where a chain does not begin at the computed end, breaks, or goes back."""
    paused, before = False, chain[0].at if chain else None
    for number, link in enumerate(chain):
        place = f"/chain/{number}"
        if (link.kind == "resumed") is not paused:
            other = "resumed" if paused else "resumed only after paused"
            yield CertificateDifference(f"{place}/kind", link.kind, other)
        if link.from_day != end:
            yield CertificateDifference(f"{place}/from", link.from_day.isoformat(), end.isoformat())
        if not link.keeps_forward:
            least = "the same day" if link.kind == "paused" else "a later day"
            yield CertificateDifference(f"{place}/to", link.to_day.isoformat(), least)
        if before and link.at < before:
            yield CertificateDifference(
                f"{place}/at", rfc3339(link.at), f"not before {rfc3339(before)}"
            )
        end, paused, before = link.to_day, link.kind == "paused", link.at


def _compared(field: str, held: object, computed: object) -> Iterator[CertificateDifference]:
    """The fields that differ, as deep as both have the same members."""
    if isinstance(held, dict) and isinstance(computed, dict) and held.keys() == computed.keys():
        pairs = ((f"{field}/{name}", held[name], computed[name]) for name in computed)
    elif isinstance(held, list) and isinstance(computed, list) and len(held) == len(computed):
        pairs = (
            (f"{field}/{n}", one, other)
            for n, (one, other) in enumerate(zip(held, computed, strict=True))
        )
    else:
        if held != computed:
            yield CertificateDifference(field, held, computed)
        return
    yield from joined.from_iterable(_compared(*pair) for pair in pairs)


def _day_of(instant: str) -> str:
    return local_day(datetime.fromisoformat(instant)).isoformat()
