"""`python -m tests.audit`: what an installation is made of, under which licences, and what is known
to be weak in it. Writes `dependencies.json` and a CycloneDX `sbom.json` among the evidence.

Exit code 1 where a weakness is known. What could not be asked about is said, and never fine.
"""

import json
import re
import subprocess
import sys
from email.message import Message
from importlib import metadata
from pathlib import Path
from typing import Any, Final, cast

from cli.evidence import FOLDER, keep

ROOT: Final = Path(__file__).parents[2]
LOCK: Final = ROOT / "requirements.lock"
# Not among our own requirements: they bring some twenty more, and nothing else asks for them.
RUN: Final = (str(Path(sys.executable).parent / "uv"), "tool", "run", "--from")
AUDIT: Final = (*RUN, "pip-audit==2.10.1", "pip-audit", "--requirement", str(LOCK))
HOW: Final = ("--no-deps", "--disable-pip", "--require-hashes", "--progress-spinner=off")
LIST: Final = (*RUN, "cyclonedx-bom==7.5.0", "cyclonedx-py", "requirements", str(LOCK))
OF: Final = (f"--pyproject={ROOT / 'pyproject.toml'}", "--mc-type=application")
_PINNED: Final = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)
_LONGEST: Final = 80


def pinned() -> dict[str, str]:
    """The version of every library of the lock."""
    return dict(_PINNED.findall(LOCK.read_text("utf-8")))


def licence(name: str) -> str:
    """As a library says it itself; that of one for other machines is not to be seen here."""
    try:
        told = cast(Message, metadata.metadata(name))
    except metadata.PackageNotFoundError:
        return "not installed here"
    if said := told.get("License-Expression"):
        return str(said)
    classes = told.get_all("Classifier") or []
    named = [one.rpartition(" :: ")[2] for one in classes if one.startswith("License :: ")]
    if named and named != ["OSI Approved"]:
        return " and ".join(named)
    first = (told.get("License") or "").strip().partition("\n")[0]
    return first[:_LONGEST] or "not told"


def weaknesses(report: dict[str, Any]) -> dict[str, list[str] | None]:
    """Of every library the weaknesses that are known; None of one that nobody could ask about."""
    found: dict[str, list[str] | None] = {}
    for one in report["dependencies"]:
        known = one.get("vulns")
        found[one["name"]] = None if known is None else [str(each["id"]) for each in known]
    return found


def asked() -> dict[str, list[str] | None]:
    """What pip-audit knows; nothing where it cannot be had or reaches nobody."""
    done = subprocess.run(
        [*AUDIT, *HOW, "--format=json"], capture_output=True, text=True, check=False
    )
    try:
        return weaknesses(json.loads(done.stdout))
    except ValueError:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        sys.stdout.write(f"pip-audit: {last}\n")
        return {}


def listed(folder: Path) -> bool:
    """Write the CycloneDX file, with the licences that the lock does not tell."""
    done = subprocess.run([*LIST, *OF, "--output-reproducible"], capture_output=True, check=False)
    if done.returncode != 0:
        sys.stdout.write("no sbom.json: cyclonedx-py cannot be had\n")
        return False
    made = json.loads(done.stdout)
    for one in made["components"]:
        one.pop("description", None)
        one["licenses"] = [{"license": {"name": licence(one["name"])}}]
    (folder / "sbom.json").write_text(json.dumps(made, indent=2) + "\n", "utf-8")
    sys.stdout.write(f"{folder / 'sbom.json'}: {len(made['components'])} components\n")
    return True


def main() -> int:
    """1 where a weakness is known."""
    FOLDER.mkdir(exist_ok=True)
    known = asked()
    found = [
        {
            "name": name,
            "version": version,
            "licence": licence(name),
            "known": known.get(name),
        }
        for name, version in pinned().items()
    ]
    weak = [one for one in found if one["known"]]
    silent = [str(one["name"]) for one in found if one["known"] is None]
    for one in weak:
        sys.stdout.write(f"weak: {one['name']} {one['version']}: {one['known']}\n")
    if silent:
        sys.stdout.write(f"not checked: {len(silent)} of {len(found)} libraries\n")
    else:
        sys.stdout.write(f"{len(found)} libraries, {len(weak)} with a known weakness\n")
    facts = {"libraries": found, "weak": len(weak), "not_checked": len(silent)}
    keep("dependencies", facts | {"sbom": listed(FOLDER)}, holds=not weak)
    return 1 if weak else 0


if __name__ == "__main__":
    sys.exit(main())
