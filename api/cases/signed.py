"""What is signed is mostly what was drafted: it can be judged before the case is locked."""

from sqlalchemy import Connection

from api.door import AskedCommand
from api.judging import Drafted
from db.documents import read_draft
from db.inbox import actor_key
from db.sealing import Seal
from domain.case.application import AccountText, account_bytes
from domain.signature_text import read_signature
from integrations.signatures import kept_form


def drafted(asked: AskedCommand, connection: Connection, seal: Seal) -> Drafted | None:
    """The signatures of a command with the application that it names, and the account.

    What is signed otherwise is judged once the case itself has said what it is over. None where
    there is no such draft, whoever has not seen one has nothing judged; and for a repetition.
    """
    said, caller = asked.said, asked.caller
    application = said.get("application_sha256")
    if application is None:
        return None
    request = (actor_key(caller.actor), asked.key)
    found = read_draft(connection, seal, asked.case_id, application, request)
    if found is None:
        return None
    content, at = found
    signed = []
    if said.get("signature"):
        signed.append((_kept(said["signature"]), content))
    account = said.get("account")
    if account and said.get("account_signature") and caller.bin:
        named = AccountText(application, caller.bin, account["iban"], account["bic"])
        signed.append((_kept(said["account_signature"]), account_bytes(named)))
    return Drafted(signed, at)


def _kept(signature: str) -> bytes:
    return kept_form(read_signature(signature))
