"""Elements of ISO 20022 messages of any version, read by their names, mistake by mistake."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Final

from lxml import etree

from domain.terms.counting import local_day
from integrations.words import ReportFault

_CODE: Final = re.compile(r"[A-Z0-9]{1,4}")
_REFERENCE: Final = re.compile(r"[!-~](?:[ -~]{0,33}[!-~])?")
_SUM: Final = re.compile(r"\+?[0-9]{1,15}(?:\.([0-9]{0,5}))?")
_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{1,30}")
_ACCOUNT: Final = re.compile(r"[!-~]{1,34}")
_NUMBER: Final = re.compile(r"[0-9]{12}")
# What banks write where nobody gave an identifier.
NOT_PROVIDED: Final = "NOTPROVIDED"
_SCHEMES: Final = ("BIN", "IIN", "TXID", "NIDN", "COID")


@dataclass(frozen=True)
class Node:
    """An element and the way to it. What is wrong below it is added to `faults`."""

    element: etree._Element
    place: str
    faults: list[ReportFault]

    def all(self, *names: str) -> list["Node"]:
        """The elements at the end of a path, in their order."""
        found = [self]
        for name in names:
            found = [child for one in found for child in one._children.get(name, ())]
        return found

    def one(self, *names: str) -> "Node | None":
        """The element at the end of a path; a second one is a fault."""
        found = self.all(*names)
        if len(found) > 1:
            self.fault("repeated", *names)
        return found[0] if found else None

    def text(self, *names: str) -> str | None:
        """What stands there without the blanks around it; None where there is nothing."""
        found = self.one(*names) if names else self
        return None if found is None else (found.element.text or "").strip() or None

    def fault(self, code: str, *names: str) -> None:
        """Something below this element is not to be understood."""
        self.faults.append(ReportFault("/".join((self.place, *names)), code))

    def code(self, *names: str) -> str | None:
        """A code of up to four letters and digits."""
        return self._matching(_CODE, *names)

    def key(self, *names: str) -> str | None:
        """What somebody calls a payment, whatever it is; None where the bank was given nothing."""
        found = self.text(*names)
        plain = "" if found is None else "".join(found.split()).upper()
        return None if plain == NOT_PROVIDED else found

    def reference(self, *names: str) -> str | None:
        """A number of the bank's own, of up to 35 characters."""
        return self._matching(_REFERENCE, *names)

    def reason(self, *names: str) -> str | None:
        """The first code among reasons; a code of the bank's own and free words are left out."""
        codes = (one.text("Cd") for one in self.all(*names))
        return next((code for code in codes if code is not None and _CODE.fullmatch(code)), None)

    def tiyn(self, *names: str) -> int | None:
        """A sum in tenge, as tiyn."""
        found = self.one(*names)
        written = None if found is None else found.text()
        if found is None or written is None:
            return None
        match = _SUM.fullmatch(written)
        if not found.element.get("Ccy"):
            found.fault("no currency")
        elif found.element.get("Ccy") != "KZT":
            found.fault("not in KZT")
        elif match is None:
            found.fault("not a sum")
        elif (match[1] or "")[2:].strip("0"):
            found.fault("whole tiyn")
        else:
            return int(Decimal(written) * 100)
        return None

    def day(self, *names: str) -> date | None:
        """A date, or the local day of an instant."""
        text = self.text(*names, "Dt") or self.text(*names, "DtTm")
        return None if text is None else self._day(text, *names)

    def day_of(self, *names: str) -> date | None:
        """The local day of the instant that stands there."""
        text = self.text(*names)
        return None if text is None else self._day(text, *names)

    def _day(self, text: str, *names: str) -> date | None:
        try:
            if "T" not in text:
                return date.fromisoformat(text[:10])
            instant = datetime.fromisoformat(text)
            return instant.date() if instant.tzinfo is None else local_day(instant)
        except (ValueError, OverflowError):
            self.fault("not a day", *names)
            return None

    def account(self, *names: str) -> str | None:
        """An account number, written in groups or not."""
        found = self.one(*names, "Id", "IBAN")
        other = None if found else self.one(*names, "Id", "Othr", "Id")
        one = found or other
        if one is None or (text := one.text()) is None:
            return None
        plain = "".join(text.split()).upper()
        if not (_IBAN if found else _ACCOUNT).fullmatch(plain):
            one.fault("not an account")
            return None
        return plain

    def identifier(self, *names: str) -> str | None:
        """The BIN or IIN of a party, whose `Pty` later versions add; two of them say nothing."""
        party = self.one(*names)
        if party is None:
            return None
        party = party.one("Pty") or party
        others = [*party.all("Id", "OrgId", "Othr"), *party.all("Id", "PrvtId", "Othr")]
        found = {number for other in others if (number := _number(other)) is not None}
        if len(found) > 1:
            party.fault("one BIN or IIN", "Id")
            return None
        return found.pop() if found else None

    @cached_property
    def _children(self) -> dict[str, list["Node"]]:
        """What is below it by name, in its own name space alone; looked through once."""
        space = str(self.element.tag).rpartition("}")[0]
        found: dict[str, list[etree._Element]] = {}
        for child in self.element.iterchildren(etree.Element):
            its, _, name = str(child.tag).rpartition("}")
            if its == space:
                found.setdefault(name, []).append(child)
        return {
            name: [
                Node(one, f"{self.place}/{name}{f'[{at}]' if len(them) > 1 else ''}", self.faults)
                for at, one in enumerate(them, 1)
            ]
            for name, them in found.items()
        }

    def _matching(self, pattern: re.Pattern[str], *names: str) -> str | None:
        text = self.text(*names)
        if text is not None and not pattern.fullmatch(text):
            self.fault("wrong format", *names)
            return None
        return text


def _number(other: Node) -> str | None:
    """A number that calls itself BIN or IIN, or that looks like one and has no other name."""
    scheme = other.text("SchmeNm", "Prtry") or other.text("SchmeNm", "Cd")
    number = other.text("Id")
    if number is None or (scheme is None and not _NUMBER.fullmatch(number)):
        return None
    return number if scheme is None or scheme.upper() in _SCHEMES else None
