"""Whom payments of ours pay and who pays them: of many at once, to compare words with."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from db.authorities import payer_of
from db.documents import StoredDocument, account_in, read_documents
from db.payments import Known, Sent, last_sent
from db.sealing import Seal
from integrations.pain001 import read_payer
from integrations.words import OrderParties


def parties_of(
    connection: Connection, sealer: Seal, known: Collection[Known]
) -> dict[str, OrderParties]:
    """By the key of each payment; what nobody can tell any more is None."""
    sent = last_sent(connection, known)
    # Before the file of a payment is written, it is the annex of the application.
    annexes = {
        one.payment.key: sent[one.payment.key].account if one.payment.key in sent else one.annex
        for one in known
    }
    wanted = {(one.case_id, sha256) for one in known if (sha256 := annexes[one.payment.key])}
    wanted |= {
        (one.case_id, sent[one.payment.key].file)
        for one in known
        if one.payment.key in sent and one.payer is None
    }
    papers = read_documents(connection, sealer, wanted)
    made = {}
    for one in known:
        key = one.payment.key
        account = account_in(papers.get((one.case_id, annexes[key] or "")))
        payer, paid_from = _payer(connection, one, sent.get(key), papers)
        made[key] = OrderParties(
            payee=account.supplier if account else None,
            account=account.iban if account else None,
            payer=payer,
            paid_from=paid_from,
            amount=one.payment.amount,
        )
    return made


def _payer(
    connection: Connection,
    known: Known,
    sent: Sent | None,
    papers: Mapping[tuple[str, str], StoredDocument],
) -> tuple[str | None, str | None]:
    """Number and account of who pays, as it was when it was ordered.

    An order from before that was kept is paid from the account that its order to pay names, as it
    left; before it leaves, from the one that it would leave from now.
    """
    if known.payer is not None:
        return known.payer
    if sent is not None:
        file = papers.get((known.case_id, sent.file))
        return (None, None) if file is None else read_payer(file.content)
    payer = payer_of(connection, known.authority)
    return (None, None) if payer is None else (payer["bin"], payer["iban"])
