"""The invented people of the sample programmes, to try things as."""

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from definitions.toml import parse_toml


@dataclass(frozen=True)
class Person:
    """Somebody to try things as: a name for it, the claims of the token, and for people their own
    name with what there is to do for them.
    """

    title: str
    claims: dict[str, str]
    name: str = ""
    about: str = ""


def people() -> list[Person]:
    """One of each role, and a second caseworker and administrator: some acts need two."""
    messages, suppliers = sample("programmes"), sample("suppliers")
    patient = next(message["person"] for message in messages if "person" in message)
    guardian = next(one["representative"] for one in messages if one.get("representative"))
    firm = next(one for one in suppliers if "bin" in one)
    caseworker = {"role": "caseworker", "authority": patient["authority_bin"]}
    commission = {"role": "commission", "region": patient["kato"][:2]}
    return [
        Person(
            "recipient",
            {"role": "recipient", "iin": patient["iin"]},
            f"{patient['name']} {patient['surname']}",
            "chooses a supplier, orders, accepts what is brought or complains",
        ),
        Person(
            "representative",
            {"role": "recipient", "iin": guardian["iin"]},
            "Қамқор Тәжірибаева",
            "does the same in the place of a child",
        ),
        Person(
            "supplier",
            {"role": "supplier", "bin": firm["bin"], "iin": "750201300444"},
            "Жеткен Үлгіұлы",
            f"keeps the offers of {firm['name']}, confirms, delivers and signs",
        ),
        Person(
            "caseworker",
            {**caseworker, "iin": "790412300111"},
            "Маман Нобаев",
            "reviews applications for the local authority, and decides with a second one",
        ),
        Person(
            "second_caseworker",
            {**caseworker, "iin": "831121400228"},
            "Екінші Маманова",
            "is the second of the two who decide",
        ),
        Person(
            "commission",
            {**commission, "iin": "700818300519"},
            "Төреші Үлгілов",
            "decides on complaints, and on who becomes a supplier",
        ),
        Person(
            "administrator",
            {"role": "administrator", "iin": "860507300331"},
            "Әкімші Нобаев",
            "sees what is stuck, and proposes days off and other changes",
        ),
        Person(
            "second_administrator",
            {"role": "administrator", "iin": "880914401005"},
            "Екінші Әкімшіева",
            "is the second of the two who let a change come into force",
        ),
        Person("esobes", {"role": "esobes"}),
    ]


def personas() -> list[dict[str, Any]]:
    """The people among them, as the sandbox's sign-in page has them ready."""
    return [
        {"title": one.title, "claims": {**one.claims, "name": one.name}, "about": one.about}
        for one in people()
        if one.name
    ]


def sample_authorities() -> dict[str, Any]:
    """The sample authorities and commissions, as two administrators import them."""
    source = files("definitions").joinpath("samples/authorities.toml").read_text("utf-8")
    found: dict[str, Any] = parse_toml(source)
    return found


def sample(name: str) -> list[dict[str, Any]]:
    """The sample suppliers or programmes, as they are handed in."""
    content = files("definitions").joinpath(f"samples/{name}.json").read_text()
    found: list[dict[str, Any]] = json.loads(content)
    return found
