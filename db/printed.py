"""Documents of a case as papers for people: their bytes, and what the portal knows beside them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from db.authorities import authority_of, read_authority
from db.catalogues import find_catalogue
from db.documents import ACCOUNT, APPLICATION, StoredDocument, read_document, supplier_identifier
from db.names import names_of
from db.reference import read_case
from db.sealing import Seal
from db.suppliers import read_supplier
from definitions.papers.decided import Decider, decision_paper
from definitions.papers.sheet import CheckMark, PrintedPaper
from definitions.papers.signed import Beside, Signatory, account_paper, application_paper
from definitions.wording import LANGUAGES
from domain.canonical import sha256_hex
from domain.terms.counting import local_day
from integrations.signatures import signed_by

_REFERENCE = text("SELECT reference FROM case_head WHERE case_id = :case_id")


@dataclass(frozen=True, slots=True)
class Printing:
    """What is to be printed: a document in some languages, with its mark (none on a draft).

    `lines` are those of the timeline that brought documents, as far as the reader sees them;
    `sellers` are suppliers that it may name beside those of the case. Of officials who decided
    their role is told, and where `names` is true, who they are.
    """

    document: StoredDocument
    languages: tuple[str, ...]
    lines: Sequence[Mapping[str, Any]] = field(default=(), repr=False)
    check: CheckMark | None = None
    sellers: tuple[str, ...] = ()
    names: bool = False


def reference_of(connection: Connection, case_id: str) -> str:
    """The reference of a case."""
    found: str = connection.execute(_REFERENCE, {"case_id": case_id}).scalar_one()
    return found


def print_document(
    connection: Connection, sealer: Seal, case_id: str, wanted: Printing
) -> PrintedPaper:
    """The paper. Unreadable once the person of the case has been erased."""
    content = json.loads(wanted.document.content)
    match wanted.document.kind:
        case "application" | "account" as kind:
            made_on = local_day(wanted.document.made_at)
            beside = _beside(connection, sealer, case_id, wanted, content)
            draw = application_paper if kind == APPLICATION else account_paper
            return draw(content, wanted.languages, beside, made_on)
    named = _authority(connection, content["authority_bin"])
    decided = _decided(connection, sealer, wanted)
    return decision_paper(content, wanted.languages, decided, named, wanted.check)


def _decided(connection: Connection, sealer: Seal, wanted: Printing) -> list[Decider]:
    """Who wrote a paper; of two who decided, who was first and who confirmed it."""
    sha256 = sha256_hex(wanted.document.content)
    line = next((one for one in wanted.lines if (one["paper"] or {}).get("sha256") == sha256), None)
    if line is None:
        return []
    people = [one for one in (line["first_by"], line["actor_id"]) if one is not None]
    names = names_of(connection, sealer, "person", people) if wanted.names else {}
    return [Decider(line["actor"], str(names[one]) if one in names else None) for one in people]


def _beside(
    connection: Connection, sealer: Seal, case_id: str, wanted: Printing, content: dict[str, Any]
) -> Beside:
    item, unit = _item(connection, content)
    signatures, instead = _signatures(wanted)
    return Beside(
        reference=reference_of(connection, case_id),
        sha256=sha256_hex(wanted.document.content),
        supplier=_supplier(connection, sealer, case_id, wanted.sellers, content["supplier"]),
        authority=_authority(connection, content.get("authority_bin")),
        item=item,
        unit=unit,
        signatories=tuple(
            _signatory(connection, sealer, case_id, role, one) for role, one in signatures
        ),
        instead=instead,
        check=wanted.check,
    )


def _authority(connection: Connection, bin: str | None) -> dict[str, Mapping[str, str]]:
    """The name of an authority in each grammatical case, by language."""
    if bin is None:
        return {}
    found = read_authority(connection, authority_of(connection, bin))
    assert found is not None, "an authority with an id is there"
    return {language: found.forms(language) for language in LANGUAGES}


def _item(
    connection: Connection, content: Mapping[str, Any]
) -> tuple[Mapping[str, str], str | None]:
    """The name of what was ordered, and its unit, by the catalogue that the document names."""
    if "item" not in content:
        return {}, None
    catalogue = find_catalogue(connection, content["catalogue"])
    item = catalogue.item(content["item"]) if catalogue else None
    return (item.name, item.unit) if item else ({}, None)


def _supplier(
    connection: Connection, sealer: Seal, case_id: str, others: Iterable[str], number: str
) -> str | None:
    """The name of the supplier with a BIN or IIN, among those of the case."""
    orders = [one for p in read_case(connection, case_id).periods.values() for one in p.orders]
    sellers = [*others, *(one.supplier for one in orders), *(one.acting for one in orders)]
    for seller in dict.fromkeys(sellers):
        found = read_supplier(connection, sealer, seller)
        # Of a sole proprietor who has been erased neither name nor number is known.
        if found is None or found.contacts is None:
            continue
        if supplier_identifier(connection, sealer, seller)[0] == number:
            return found.contacts.name
    return None


def _signatures(wanted: Printing) -> tuple[list[tuple[str, Mapping[str, Any]]], tuple[str, ...]]:
    """The signatures over a document as they last stood, and what stands in place of one."""
    sha256 = sha256_hex(wanted.document.content)
    for line in reversed(wanted.lines):
        application = line["application"] or {}
        account = application.get("account") or {}
        if wanted.document.kind == ACCOUNT and account.get("sha256") == sha256:
            return [("supplier", account)], ()
        if application.get("sha256") == sha256:
            signed = sorted(application["signatures"].items(), key=lambda one: one[1]["at"])
            return signed, tuple(one for one in ("attested", "concluded") if application.get(one))
    return [], ()


def _signatory(
    connection: Connection, sealer: Seal, case_id: str, role: str, one: Mapping[str, Any]
) -> Signatory:
    cms = read_document(connection, sealer, case_id, one["cms_sha256"])
    assert cms is not None, "a signature that a case names is kept with it"
    at = datetime.fromisoformat(one["at"])
    return Signatory(role, signed_by(cms.content), at, one.get("checked", True))
