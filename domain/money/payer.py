"""Who pays an order, as it was when it was ordered."""

from domain.messages import Frozen


class Eknp(Frozen):
    """The codes of a payment in tenge: sectors of payer and payee (two digits), purpose (three).

    `12` is a resident local authority, `17` a resident private company.
    """

    sender: str
    beneficiary: str
    purpose: str


class Payer(Frozen):
    """The authority that pays an order, and from which account, as it was when it was ordered.

    `authority` is our own id; `name` is in kk and ru.
    """

    authority: str
    bin: str
    name: dict[str, str]
    iban: str
    bic: str
    eknp: Eknp
