"""The Temporal development server: its command line and how to see that it answers."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from cli.program import Program
from workflows.pages import ATTRIBUTES

DYNAMIC_CONFIG = {
    # The legal clock of sandbox and tests is moved by skipping time.
    "frontend.WorkflowTimeSkippingEnabled": "true",
    # A skip takes 0.1 s instead of 1 s.
    "history.timerProcessorMaxTimeShift": '"10ms"',
    # A failing workflow task is reported at once, not after five tries.
    "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute": "1",
}


@dataclass(frozen=True)
class Temporal:
    """A server on 127.0.0.1:`port`.

    `database` None keeps everything in memory, `ui_port` None shows no pages.
    """

    port: int
    ui_port: int | None = None
    database: Path | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def program(self) -> Program:
        arguments = ["--ip", "127.0.0.1", "--port", str(self.port), "--log-level", "warn"]
        if self.ui_port is None:
            arguments += ["--headless"]
        else:
            arguments += ["--ui-port", str(self.ui_port), "--ui-disable-news-fetch"]
        if self.database is not None:
            # FULL: what was acknowledged is on the disk, also after a loss of power.
            arguments += ["--db-filename", str(self.database)]
            arguments += ["--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=2"]
        for name in ATTRIBUTES:
            arguments += ["--search-attribute", f"{name}=Keyword"]
        for key, value in DYNAMIC_CONFIG.items():
            arguments += ["--dynamic-config-value", f"{key}={value}"]
        return Program(
            name="temporal",
            argv=(str(executable()), "server", "start-dev", *arguments),
            answers=self._answers,
        )

    def _answers(self) -> bool:
        question = ("operator", "namespace", "describe", "default", "--address", self.address)
        asked = subprocess.run(
            [str(executable()), *question, "--command-timeout", "5s"],
            capture_output=True,
            check=False,
        )
        return asked.returncode == 0


def executable() -> Path:
    """The `temporal` program, installed beside the interpreter."""
    found = Path(sys.executable).with_name("temporal")
    if not found.exists():
        raise FileNotFoundError("the temporal program is not installed beside the interpreter")
    return found
