"""The pages of articles, of the portal's own policy, and the index of all."""

from collections.abc import Callable

from cli.law.markdown import heading, page, table
from cli.law.rows import acceptance, rows_in_words
from cli.law.sources import LawSources, articles_of
from cli.law.words import actors, basis, label, length, term_length
from definitions.citations import in_words, provision_code, provisions
from definitions.wording import day, text
from domain.process import Edition, TermLength
from domain.terms.counting import RULES

POLICY = "policy"


def article_name(provision: str) -> str:
    """The name of an article's page: `SC 168(2)` is on `sc-168-2`."""
    return provision_code(provision).replace("_", "-")


def index(law: LawSources, language: str) -> str:
    """What this is, the editions with their days, and the way to every page."""
    titled = ("edition", "valid_from", "valid_to", "open_cases")
    head = [label(one, language) for one in titled]
    links = [
        f"- [{in_words(one, language)}](articles/{article_name(one)}.{language}.md)"
        for one in law.articles
    ]
    return page(
        heading(1, label("title", language)),
        [label("about", language), ""],
        heading(2, label("editions", language)),
        table(head, (_days(one, language) for one in law.editions)),
        heading(2, label("process", language)),
        [f"- [{label('diagram', language)}](process.{language}.svg)"],
        [f"- [{label('list', language)}](process.{language}.md)", ""],
        heading(2, label("articles", language)),
        [*links, f"- [{label('policy', language)}]({POLICY}.{language}.md)", ""],
        _open_points(law, language),
    )


def article(law: LawSources, provision: str, language: str) -> str:
    """One article: its rule, what cites it by edition, and what the tests prove of that."""

    def cites(basis: str) -> bool:
        return provision in provisions(basis)

    rows = [row for row in law.rows if any(map(cites, articles_of(row)))]
    return page(
        heading(1, in_words(provision, language)),
        [f"[{label('back', language)}](../index.{language}.md)", ""],
        [text(f"law.article.{provision_code(provision)}", language), ""],
        _siblings(law, provision, language),
        _counting(provision, language),
        _values(law, language, cites),
        _terms(law, language, cites),
        rows_in_words(law, rows, language) if rows else [],
        acceptance(law, rows, language, "../../.."),
    )


def policy(law: LawSources, language: str) -> str:
    """What no text of the law sets: values, terms, and the rows that are policy somewhere."""
    rows = [row for row in law.rows if row.policy]
    return page(
        heading(1, label("policy", language)),
        [f"[{label('back', language)}](index.{language}.md)", ""],
        [label("policy_rule", language), ""],
        _values(law, language, _is_policy),
        _terms(law, language, _is_policy),
        [label("bookkeeping_rule", language), ""],
        rows_in_words(law, rows, language),
        acceptance(law, rows, language, "../.."),
    )


def _is_policy(basis: str) -> bool:
    return basis == POLICY


def _days(one: Edition, language: str) -> list[str]:
    ends = day(one.valid_to) if one.valid_to else label("no_end", language)
    return [one.title[language], day(one.valid_from), ends, label(one.open_cases, language)]


def _siblings(law: LawSources, provision: str, language: str) -> list[str]:
    """The other provisions of the same article."""
    own = provision.partition("(")[0]
    others = [one for one in law.articles if one != provision and one.partition("(")[0] == own]
    links = [f"[{in_words(one, language)}]({article_name(one)}.{language}.md)" for one in others]
    return [f"{label('see_also', language)}: {'; '.join(links)}", ""] if links else []


def _counting(provision: str, language: str) -> list[str]:
    rules = [name for name, basis in RULES.items() if provision in provisions(basis)]
    if not rules:
        return []
    told = [f"- {text(f'certificate.rule.{name}', language)}" for name in rules]
    return [*heading(2, label("counting", language)), *told, ""]


def _terms(law: LawSources, language: str, rests: Callable[[str], bool]) -> list[str]:
    """The terms whose basis `rests` says yes to, of one edition or another."""
    names = dict.fromkeys(
        name for one in law.editions for name, term in one.terms.items() if rests(term.basis)
    )
    rows = [
        [
            f"{text(f'law.term.{name}', language)} `{name}`",
            *(_term(one.terms.get(name), language) for one in law.editions),
        ]
        for name in names
    ]
    head = [label("term", language), *(one.title[language] for one in law.editions)]
    return [*heading(2, label("terms", language)), *table(head, rows)] if rows else []


def _term(term: TermLength | None, language: str) -> str:
    """How long a term is and why; an edition that does not know it has none."""
    return f"{term_length(term, language)} ({basis(term.basis, language)})" if term else "–"


def _values(law: LawSources, language: str, rests: Callable[[str], bool]) -> list[str]:
    """The values and choices whose basis `rests` says yes to, of one edition or another."""
    named = dict.fromkeys(name for one in law.editions for name in one.bases)
    wanted = [name for name in named if any(rests(one.bases.get(name, "")) for one in law.editions)]
    chosen = [_choices(one, language) for one in law.editions]
    rows = [
        [
            f"{text(f'law.value.{name}', language)} `{name}`",
            *(
                f"{length(one.values[name], language)} ({basis(one.bases[name], language)})"
                if name in one.values
                else "–"
                for one in law.editions
            ),
        ]
        for name in wanted
        if name not in chosen[0]
    ]
    rows += [
        [
            text(f"law.choice_of.{name}", language),
            *(
                f"{choice[name] or '–'} ({basis(one.bases[name], language)})"
                for one, choice in zip(law.editions, chosen, strict=True)
            ),
        ]
        for name in wanted
        if name in chosen[0]
    ]
    head = [label("value", language), *(one.title[language] for one in law.editions)]
    return [*heading(2, label("values", language)), *table(head, rows)] if rows else []


def _choices(one: Edition, language: str) -> dict[str, str]:
    """What an edition chooses among several ways."""
    return {
        "required_signers": actors(one.required_signers, language),
        "signers_of": "; ".join(
            f"{name}: {actors(who, language)}" for name, who in one.signers_of.items()
        ),
        "proofs": "; ".join(text(f"law.proof.{name}", language) for name in one.proofs),
        "funds_check": text(f"law.choice_of.{'yes' if one.funds_check else 'no'}", language),
        "acceptance": text(f"law.choice_of.{'yes' if one.acceptance else 'no'}", language),
        "second_approver": text(f"law.choice_of.{one.second_approver}", language),
        "refusal_grounds": "; ".join(text(f"ground.{g}", language) for g in one.refusal_grounds),
        "pause_grounds": "; ".join(text(f"pause_ground.{g}", language) for g in one.pause_grounds),
        "correctable_fields": "; ".join(
            text(f"correctable.{name}", language) for name in one.correctable_fields
        ),
        "reopening_grounds": "; ".join(
            text(f"reopening_ground.{g}", language) for g in one.reopening_grounds
        ),
        "consent_acts": "; ".join(text(f"command.{name}", language) for name in one.consent_acts),
    }


def _open_points(law: LawSources, language: str) -> list[str]:
    points = [f"- {one}: {label('open_point', language)}" for one in law.open_points]
    return [*heading(2, label("acceptance", language)), *points] if points else []
