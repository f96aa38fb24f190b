"""Papers of the demonstration: an act that a supplier brings, and what the portal prints."""

from pathlib import Path
from typing import Any, Final

import typst

from cli.demo.cast import MARK
from cli.demo.portal import Differs, Player

LANGUAGES: Final = ("kk", "ru")
PDF: Final = {"Accept": "application/pdf"}
# What has no paper that people read: signatures, and uploads, which are what they are.
BYTES_ALONE: Final = ("signature", "handover_act", "complaint", "proof", "attachment")


def handover_act(reference: str) -> bytes:
    """An act as a supplier brings it: a PDF that says what was handed over."""
    lines = ("= Қабылдау-тапсыру актісі № 1", f"Іс {reference}, {MARK}.", "Тапсырылды, қабылданды.")
    return bytes(typst.compile("\n\n".join(lines).encode()))


async def write_papers(reader: Player, case: str, folder: Path) -> list[Path]:
    """Every paper of a case as PDF, in kk and ru, into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    seen = await reader.see(f"/v1/cases/{case}")
    places = [
        (f"{number:02}-{one['kind']}", one["href"])
        for number, one in enumerate(seen["documents"], start=1)
        if one["kind"] not in BYTES_ALONE
    ]
    places += [(f"term-{one['term']}", one["href"]) for one in seen["deadlines"]]
    made = []
    for name, href in places:
        for language in LANGUAGES:
            file = folder / f"{name.replace('_', '-')}-{language}.pdf"
            file.write_bytes(await _pdf(reader, href, language))
            made.append(file)
    return made


async def _pdf(reader: Player, href: str, language: str) -> bytes:
    answer: Any = await reader.http.get(href, headers={**PDF, "Accept-Language": language})
    if not answer.content.startswith(b"%PDF-"):
        raise Differs(f"a paper was answered {answer.status_code} without a PDF")
    return bytes(answer.content)
