"""Finds in a text for people how long something takes: what an edition sets is no word of a text.

A text that says “two months” would go on saying so under an edition that gives three. It names
the term instead, as `{choice:length}`.
"""

import re
from collections.abc import Iterator
from typing import Final

_DIGITS: Final = r"(?<![\d.:–-])\d{1,3}(?![\d:.])"
_NUMBERS: Final = {
    "kk": "бір|екі|үш|төрт|бес|алты|жеті|сегіз|тоғыз|он|жиырма|отыз|қырық|елу|алпыс|жетпіс|сексен"
    "|тоқсан|жүз|жарты",
    "ru": r"одн(?:ого|ой|ому|им|у|а)|один|дв(?:а|е|ух|ум|умя)|тр(?:и|ех|ёх|ем|емя)|четыр(?:е|ех|ёх)"
    r"|(?:пят|шест|сем|восьм|девят|десят)[ьи]|восемь|\w+надцат[ьи]|(?:два|три)дцат[ьи]|сорока?"
    r"|\w+десяти?|девяност[оа]|ста?|полутора|полтора",
    "en": "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[a-z]+teen|twenty"
    "|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred",
}
_UNITS: Final = {
    "kk": r"(?:ай|жыл|күн|апта|тоқсан|сағат)(?:да|де|дан|ден|нан|нен|ға|ге|қа|ке|ды|ді|ны|ні|дың"
    r"|дің|ның|нің|ы|і|лық|дік)?",
    "ru": r"месяц\w*|год(?:а|у|ом|ов)?|лет|день|дн(?:я|ей|ю|ям|ями|и)|недел\w+|сут(?:ки|ок|кам)"
    r"|квартал\w*|час(?:а|ов|у)?",
    "en": "months?|years?|days?|weeks?|quarters?|hours?",
}
# What may stand between a number and its unit.
_KINDS: Final = {
    "kk": "күнтізбелік|жұмыс|толық|банк",
    "ru": r"календарн\w+|рабоч\w+|полн\w+|банковск\w+",
    "en": "calendar|working|full|whole|business|banking",
}
# A length without a number: “в течение месяца” is one month.
_ALONE: Final = {
    "ru": r"|\bв течение (?:месяца|года|дня|недели|квартала|суток|часа)\b",
    "en": r"|\b(?:within|for|half) an? (?:month|year|day|week|quarter|hour)\b",
}
_LENGTHS: Final = {
    language: re.compile(
        rf"(?:\b(?:{_NUMBERS[language]})|{_DIGITS})(?:[ -](?:{_KINDS[language]}))?[ -](?:{units})\b"
        + _ALONE.get(language, ""),
        re.IGNORECASE,
    )
    for language, units in _UNITS.items()
}


def lengths_in(text: str, language: str) -> Iterator[str]:
    """Every length of time that a text says in figures or words, in kk, ru or en."""
    yield from (found[0] for found in _LENGTHS[language].finditer(text))
