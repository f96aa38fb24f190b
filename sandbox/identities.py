"""Identifiers of people who do not exist: number n gives the same valid identifier for ever."""

from datetime import date, timedelta

FIRST = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
SECOND = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)
# All of age, none past a hundred; 7919 is prime, so that neighbours are not born on the same day.
BIRTHDAYS = 24_000
FIRST_BIRTHDAY = date(1940, 1, 1)
STRIDE = 7919
# Of four neighbouring serials one has a control digit: the last weighs 2 on the second pass.
SPACING = 4
MONTHS = 312
BANK = "125"


def control_digit(digits: str) -> int | None:
    """The twelfth digit of an IIN or BIN (Order MVD 521 of 29.06.2023); None: not issued."""
    for weights in (FIRST, SECOND):
        rest = sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 11
        if rest < 10:
            return rest
    return None


def check_number(number: str) -> bool:
    """Whether twelve digits end on their control digit, as an IIN or a BIN does."""
    if len(number) != 12 or not number.isascii() or not number.isdigit():
        return False
    return control_digit(number[:11]) == int(number[11])


def complete(prefix: str, slot: int, width: int) -> str:
    """The first serial of a slot that has a control digit, with it."""
    for serial in range(slot * SPACING, (slot + 1) * SPACING):
        digits = f"{prefix}{serial:0{width}d}"
        control = control_digit(digits)
        if control is not None:
            return f"{digits}{control}"
    raise AssertionError("of four neighbouring serials one has a control digit")


def make_iin(n: int) -> str:
    """The IIN of the n-th person, 0 ≤ n < 60,000,000; women are even."""
    slot, turn = divmod(n, BIRTHDAYS)
    if n < 0 or slot >= 10_000 // SPACING:
        raise ValueError("there are 60,000,000 people")
    born = FIRST_BIRTHDAY + timedelta(days=turn * STRIDE % BIRTHDAYS)
    century = (3 if born.year < 2000 else 5) + (n + 1) % 2
    return complete(f"{born:%y%m%d}{century}", slot, 4)


def make_bin(n: int) -> str:
    """The BIN of the n-th resident legal entity, a head office, 0 ≤ n < 7,800,000."""
    slot, month = divmod(n, MONTHS)
    if n < 0 or slot >= 100_000 // SPACING:
        raise ValueError("there are 7,800,000 legal entities")
    return complete(f"{month // 12:02d}{month % 12 + 1:02d}40", slot, 5)


def make_iban(n: int) -> str:
    """The n-th account in tenge at one bank, 0 ≤ n < 10,000,000,000."""
    if not 0 <= n < 10**10:
        raise ValueError("there are 10,000,000,000 accounts")
    account = f"{BANK}KZT{n:010d}"
    return f"KZ{98 - read_base36(account + 'KZ00') % 97:02d}{account}"


def check_iban(iban: str) -> bool:
    """Whether it is an IBAN of Kazakhstan: 20 characters, remainder 1 by 97 (ISO 13616)."""
    if len(iban) != 20 or not iban.isascii() or not iban.isalnum() or iban != iban.upper():
        return False
    shape = iban.startswith("KZ") and iban[2:7].isdigit()
    return shape and read_base36(iban[4:] + iban[:4]) % 97 == 1


def read_base36(text: str) -> int:
    """The number in which each letter stands for two digits, A = 10."""
    return int("".join(str(int(character, 36)) for character in text))


def make_phone(n: int) -> str:
    """The n-th mobile number, 0 ≤ n < 10,000,000."""
    if not 0 <= n < 10**7:
        raise ValueError("there are 10,000,000 numbers")
    return f"+7700{n:07d}"
