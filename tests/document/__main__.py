"""Read the document of the API as its users' tools do: two linters, and two makers of clients.

Needs Node; a machine without it is told so, and nothing is read. Exit code 1 for a fault.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from api.app import described_app

HERE = Path(__file__).parent
GENERATOR = "openapi-python-client@0.29.1"
TOOLS = ("package.json", "package-lock.json", "redocly.yaml", ".spectral.yaml", "client.yaml")


def main() -> int:
    npm, tools = shutil.which("npm"), Path(sys.executable).parent
    if npm is None:
        sys.stderr.write("Node is not installed here: the API's document was not read\n")
        return 0
    with TemporaryDirectory() as made:
        place = Path(made)
        for tool in TOOLS:
            shutil.copy(HERE / tool, place)
        written = json.dumps(described_app().openapi(), ensure_ascii=False, indent=1)
        (place / "openapi.json").write_text(written, encoding="utf-8")
        # Not among our own requirements: it asks for other versions of what they ask for.
        run = [str(tools / "uv"), "tool", "run", GENERATOR]
        client = [*run, "generate", "--path", "openapi.json", "--config", "client.yaml"]
        commands = (
            [npm, "ci", "--no-audit", "--no-fund", "--loglevel", "error"],
            [npm, "exec", "--", "redocly", "lint", "openapi.json"],
            [npm, "exec", "--", "spectral", "lint", "openapi.json", "--fail-severity", "warn"],
            [npm, "exec", "--", "openapi-typescript", "openapi.json", "-o", "client.d.ts"],
            [*client, "--meta", "none", "--output-path", "client", "--fail-on-warning"],
        )
        path = os.pathsep.join((str(tools), os.environ["PATH"]))
        known = {**os.environ, "PATH": path}
        ran = (subprocess.run(one, cwd=place, env=known, check=False) for one in commands)
        return max(one.returncode for one in ran)


if __name__ == "__main__":
    sys.exit(main())
