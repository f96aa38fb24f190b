"""The two ways in which an outside system can fail: try again, or do not.

Texts name the system and a status only: no body, no address, no personal data.
"""

from typing import Final


class OutsideError(Exception):
    """A system did not do what it was asked; `system` is its short name (`sms`, `ca`, …)."""

    def __init__(self, system: str, what: str) -> None:
        super().__init__(f"{system}: {what}")
        self.system = system
        self.what = what


class Unavailable(OutsideError):
    """No usable answer: ask again with the same key, not before `retry_after` seconds if set."""

    def __init__(self, system: str, what: str, retry_after: float | None = None) -> None:
        super().__init__(system, what)
        self.retry_after = retry_after


class OutsideRefusal(OutsideError):
    """The system said no and will say it again; `code` (`http_422`) is for tables, not people."""

    def __init__(self, system: str, code: str) -> None:
        super().__init__(system, code)
        self.code = code


class Malformed(OutsideRefusal):
    """A message breaks its format; `mistakes` are all places and rules, never the values found."""

    def __init__(self, system: str, code: str, mistakes: tuple[str, ...]) -> None:
        super().__init__(system, code)
        self.mistakes = mistakes


class MalformedReceipt(Malformed):
    """A delivery receipt of the SMS or mail gateway cannot be read."""

    def __init__(self, system: str, mistakes: tuple[str, ...]) -> None:
        super().__init__(system, "malformed_receipt", mistakes)


class MalformedReport(Malformed):
    """A status report of the treasury cannot be read."""

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__("treasury", "malformed_report", mistakes)


class MalformedOrder(Malformed):
    """A payment order cannot be written as pain.001; nothing was sent."""

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__("treasury", "malformed_order", mistakes)


# Retry policies match by the name of the very class, not of its parents.
FINAL: Final = (
    "OutsideRefusal",
    "Malformed",
    "MalformedReceipt",
    "MalformedReport",
    "MalformedOrder",
)
