"""What docs/signing.md tells a client developer to type makes a signature that is accepted."""

import base64
import json
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from shutil import which

import httpx
import pytest

from db.signers import TOLD, UNCHECKED
from domain.canonical import sha256_hex
from domain.signature_text import read_signature
from integrations.signatures import (
    PyhankoVerifier,
    RevocationLists,
    TrustStore,
    check_signer,
    expected_signer,
)
from tests.sandbox.world import World
from tests.support.signing import trust_in

DOCUMENT = (Path(__file__).parents[2] / "docs" / "signing.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^```sh\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)
APPLICATION = '{\n "application": "№ 1"\r\n}\n'.encode()


pytestmark = pytest.mark.skipif(
    not all(map(which, ("curl", "jq", "openssl"))), reason="the document's own tools are missing"
)


@pytest.fixture
def folder(world: World, tmp_path: Path) -> Path:
    """A folder with a draft, in which every command of the document has been run."""
    draft = {"bytes": base64.b64encode(APPLICATION).decode(), "sha256": sha256_hex(APPLICATION)}
    (tmp_path / "draft.json").write_text(json.dumps(draft))
    script = "set -euo pipefail\n" + "\n".join(COMMANDS)
    ran = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "SANDBOX": world.url, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return tmp_path


def test_the_commands_of_the_document_make_a_signature_that_is_accepted(
    world: World, folder: Path
) -> None:
    assert len(COMMANDS) == 5
    body = json.loads((folder / "body.json").read_text())
    assert body["application_sha256"] == sha256_hex(APPLICATION)
    with httpx.Client() as client:
        trust = trust_in(world.client, world.url)
        verifier = PyhankoVerifier(TrustStore(trust, RevocationLists(client)))
        content = read_signature(body["signature"])
        verdict = verifier.verify(content, APPLICATION, datetime.now(UTC))
    assert verdict.ok
    assert check_signer(verdict, expected_signer("recipient", frozenset({"820304300003"}))) is None


def test_the_document_explains_every_reason() -> None:
    table = DOCUMENT.partition("| `facts.reason` |")[2].partition("\n\n")[0]
    explained = {
        code for line in table.splitlines() for code in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    assert explained == set(TOLD.values()) - {UNCHECKED}
