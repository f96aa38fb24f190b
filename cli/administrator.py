"""The API as an administrator asks it, at the running stack or at a named installation."""

import re
from typing import Any, Final, NoReturn
from uuid import UUID, uuid4

import httpx
import typer
from rich.console import Console
from rich.progress import Progress

from cli.home import NotReachable, StackFailed, chosen_home, running_stack
from cli.token import issue_token
from integrations.http import trusting
from settings import AtTheApi, SettingsInvalid

# Who the command line is to a local stack; all its people are invented.
CLAIMS: Final = {"role": "administrator", "iin": "860507300331"}
TIMEOUT: Final = 60.0
REFERENCE: Final = re.compile(r"OZ[0-9]{9}")


class Administrator:
    """Asks in English; what the API refuses is told and ends the command with 1.

    Elsewhere than at the local stack: OZHB_API_URL and OZHB_TOKEN.
    """

    def __init__(self) -> None:
        told = AtTheApi.load()
        url, token = told.api_url, told.token.get_secret_value() if told.token else None
        if url is None:
            urls = running_stack(chosen_home()).ports.urls
            url = urls["api"]
            token = token or issue_token(urls["sandbox"], CLAIMS)["access_token"]
        if not token:
            raise SettingsInvalid(["OZHB_TOKEN: is missing, for OZHB_API_URL is given"])
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}", "Accept-Language": "en"},
            timeout=TIMEOUT,
            trust_env=False,
            verify=trusting(told.http_ca),
        )

    def get(self, path: str) -> Any:
        return self._ask("GET", path)

    def read_on(self, path: str, part: Any, name: str, total: int) -> list[Any]:
        """All of the list `name` that `part` of it begins, with progress on the error stream.

        `path` has its query already: what follows is asked for by `after`.
        """
        found: list[Any] = [*part[name]]
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("reading", total=total)
            while part["after"] is not None:
                progress.update(task, completed=len(found))
                part = self.get(f"{path}&after={part['after']}")
                found += part[name]
        return found

    def post(self, path: str, body: Any, **headers: str) -> Any:
        named = {"Idempotency-Key": str(uuid4()), **headers}
        return self._ask("POST", path, json=body, headers=named)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self._ask("PATCH", path, json=body, headers=headers)

    def put(self, path: str, body: Any) -> Any:
        return self._ask("PUT", path, json=body)

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        try:
            answer = self._http.request(method, path, **options)
        except httpx.TransportError as error:
            raise NotReachable(f"the API does not answer ({type(error).__name__})") from None
        if answer.is_error:
            _refused(answer)
        return answer.json()


def _refused(answer: httpx.Response) -> NoReturn:
    try:
        told = answer.json()
    except ValueError:
        raise StackFailed(f"the API answered {answer.status_code}") from None
    mistakes = [
        f"{mistake.get('pointer') or ''} {mistake['text']}".strip()
        for mistake in told.get("errors", ())
    ]
    said = " ".join([told.get("detail", ""), *mistakes]).strip()
    raise StackFailed(f"{said or told.get('title', '')} ({answer.status_code})")


def case_id(text: str) -> str:
    """The id of a case, by its id or its reference, so that no other path is ever asked."""
    if not REFERENCE.fullmatch(text):
        return known_id(text)
    found = Administrator().get(f"/v1/cases?reference={text}")["cases"]
    if not found:
        raise typer.BadParameter(f"no case is called {text}")
    return str(found[0]["id"])


def known_id(text: str) -> str:
    """The id of a task, a change or a proposal."""
    try:
        return str(UUID(text))
    except ValueError:
        said = "it is named by its id, a UUID; a case also by its reference"
        raise typer.BadParameter(said) from None
