"""What is deployed names settings, figures and runbooks that exist."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.settings import variables

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
RULES = yaml.safe_load((DEPLOY / "monitoring" / "rules.yaml").read_text("utf-8"))
ALERTS = [one for group in RULES["groups"] for one in group["rules"] if "alert" in one]
KNOWN = {one["variable"].strip("`") for one in variables()}
FILES = sorted(
    one
    for one in DEPLOY.rglob("*")
    if one.suffix in (".yaml", ".service", ".tpl", ".txt") or one.name.startswith(".env")
)


def named_in(text: str) -> Iterator[str]:
    for name in re.findall(r"\bOZHB_[A-Z_]+\b", text):
        yield name.removesuffix("_FILE") if name not in KNOWN else name


@pytest.mark.parametrize("file", FILES, ids=lambda one: str(one.relative_to(DEPLOY)))
def test_every_variable_is_one_that_a_process_reads(file: Path) -> None:
    # The image of compose is compose's own.
    named = set(named_in(file.read_text("utf-8"))) - {"OZHB_IMAGE"}
    assert named <= KNOWN


@pytest.mark.parametrize("alert", ALERTS, ids=lambda one: str(one["alert"]))
def test_every_alert_leads_to_its_runbook(alert: dict[str, Any]) -> None:
    page, _, place = alert["annotations"]["runbook"].partition("#")
    headings = re.findall(r"^#+ (.+)$", (ROOT / page).read_text("utf-8"), re.MULTILINE)
    assert place in {heading.lower().replace(" ", "-") for heading in headings}
    assert alert["annotations"]["summary"]
    assert alert["labels"]["severity"] in ("page", "ticket")


# How a client of Prometheus lengthens the name of a figure, by its kind.
ENDINGS = ("", "_total", "_bucket", "_sum", "_count")


def figures() -> set[str]:
    """Every figure that our own code tells."""
    sources = (one for layer in ("api", "db", "workflows") for one in (ROOT / layer).rglob("*.py"))
    named = (re.findall(r'"(ozhb_[a-z_]+)"', one.read_text("utf-8")) for one in sources)
    return {f"{name}{ending}" for names in named for name in names for ending in ENDINGS}


def asked() -> Iterator[str]:
    """Every figure of ours that an alert or a panel asks for, but for those that a rule records."""
    recorded = {
        one["record"] for group in RULES["groups"] for one in group["rules"] if "record" in one
    }
    rules = (DEPLOY / "monitoring" / "rules.yaml").read_text("utf-8")
    panels = (DEPLOY / "monitoring" / "dashboard.json").read_text("utf-8")
    yield from set(re.findall(r"\bozhb_[a-z0-9_]+", rules + panels)) - recorded


@pytest.mark.parametrize("figure", sorted(asked()))
def test_every_figure_that_is_watched_is_told(figure: str) -> None:
    assert figure in figures()


def test_every_panel_asks_something() -> None:
    told = json.loads((DEPLOY / "monitoring" / "dashboard.json").read_text("utf-8"))
    assert len(told["panels"]) > 5
    assert all(target["expr"] for panel in told["panels"] for target in panel["targets"])
