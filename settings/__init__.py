"""What an installation must be told, checked once when a process starts.

Only the roots read it (worker.py, cli, api/main.py, db/migrations/env.py); everybody else is handed
values. A variable is the field's name in capitals after `OZHB_`; with `_FILE` after it, it names
the file that holds the value. `ozhb settings` prints what stands here (docs/operations.md).
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import SecretStr, StringConstraints, model_validator

from settings.gateway import AtTheGateway
from settings.kinds import (
    LOOPBACK,
    Certificates,
    HostPort,
    KeyRing,
    Network,
    Networks,
    Port,
    Provider,
    SystemUrl,
    key_ring,
    lies_within,
    stays_here,
)
from settings.parts import (
    API,
    BOTH,
    INSIDE,
    PREFIX,
    WORKER,
    AtTheApi,
    Database,
    HeadSigning,
    Migration,
    PersonKeys,
    Pools,
    RoleMaker,
    SettingsInvalid,
    TemporalServer,
    told,
)
from settings.signing_in import SigningIn

__all__ = [
    "PREFIX",
    "AtTheApi",
    "Database",
    "Migration",
    "PersonKeys",
    "Pools",
    "RoleMaker",
    "Settings",
    "SettingsInvalid",
]

MIB: Final = 1024 * 1024
SYSTEM_URLS: Final = ("sms_url", "email_url", "treasury_url", "esobes_url", "oidc_issuer")
_URLS: Final = (
    *(*SYSTEM_URLS, "gateway_url", "ncanode_address"),
    *("public_url", "temporal_ui_url", "sandbox_url"),
)


class Settings(SigningIn, AtTheGateway, TemporalServer, Pools, HeadSigning, PersonKeys):
    """Everything the API and the worker are told.

    `*_url` is the root under which the paths of docs/outside-world.md lie; `sandbox_url` fills in
    each one that is not given.
    """

    home: Annotated[Path, told(("up", "ozhb"), ".ozhb", "The folder of a local stack.")] = Path(
        ".ozhb"
    )
    port: Annotated[Port, told(("api", "up"), "8080", "The port of the API.")] = 8080
    public_url: Annotated[
        SystemUrl,
        told(
            BOTH,
            "https://portal.example",
            "Where people reach it: papers name the address at which they are checked, and the"
            " identity provider sends people back to `/sign-in/done` there.",
        ),
    ]
    worker_host: Annotated[
        str,
        told(
            WORKER,
            "0.0.0.0",
            "Where the worker answers probes (`/health/live`, `/health/ready`) and Prometheus"
            " (`/metrics`).",
        ),
    ] = "127.0.0.1"
    worker_port: Annotated[Port, told(WORKER, "8081", "The port of the same.")]
    # A worker that would break open cases ends before it takes any.
    release_check: Annotated[
        bool,
        told(
            WORKER,
            "true",
            "A worker whose build would not go on with open cases ends before it takes any.",
        ),
    ] = True
    versioned: Annotated[
        bool,
        told(
            WORKER,
            "true",
            "Workers say which build they are, and Temporal hands work to the one that"
            " `ozhb release set-current` named.",
        ),
    ] = False
    put_away_after: Annotated[
        timedelta,
        told(
            WORKER,
            "P730D",
            "Files of cases that closed longer ago lie apart, by the year of their end.",
            ge=timedelta(days=1),
        ),
    ] = timedelta(days=730)

    webhook_networks: Annotated[
        Networks,
        told(
            INSIDE,
            "10.20.0.0/16",
            "Private networks in which webhooks of suppliers may lie, beside the public internet.",
        ),
    ] = ()
    proxies: Annotated[
        Networks,
        told(
            API,
            "10.20.0.5/32",
            "Private networks of the proxies in front of the API, beside this machine: they are"
            " believed from which address somebody calls (X-Forwarded-For).",
        ),
    ] = ()
    temporal_ui_url: Annotated[
        SystemUrl | None,
        told(API, "https://temporal.internal", "Temporal's pages, to which inspections link."),
    ] = None

    sandbox_url: Annotated[
        SystemUrl | None,
        told(
            INSIDE,
            "http://127.0.0.1:8790",
            "The sandbox of a trial installation: it stands for each outside system that is not"
            " named.",
        ),
    ] = None
    http_ca: Annotated[
        Certificates | None,
        told(
            INSIDE,
            "-----BEGIN CERTIFICATE-----…",
            "PEM of authorities that count for outside systems, the identity provider and the"
            " scanner, beside those that everybody trusts.",
        ),
    ] = None
    sms_url: Annotated[SystemUrl, told(WORKER, "https://sms.example", "Root of the SMS gateway.")]
    sms_token: Annotated[SecretStr | None, told(WORKER, "s3cr3t…", "Its bearer token.")] = None
    sms_provider: Annotated[
        Provider,
        told(WORKER, "sms", "Who runs it, as the tokens name them that receipts come with."),
    ] = "sms"
    email_url: Annotated[
        SystemUrl, told(WORKER, "https://mail.example", "Root of the mail gateway.")
    ]
    email_token: Annotated[SecretStr | None, told(WORKER, "s3cr3t…", "Its bearer token.")] = None
    email_provider: Annotated[Provider, told(WORKER, "email", "Who runs it, likewise.")] = "email"
    treasury_url: Annotated[
        SystemUrl, told(WORKER, "https://treasury.example", "Root of the treasury.")
    ]
    treasury_token: Annotated[SecretStr | None, told(WORKER, "s3cr3t…", "Its bearer token.")] = None
    esobes_url: Annotated[SystemUrl, told(WORKER, "https://esobes.example", "Root of E-Собес.")]
    esobes_token: Annotated[SecretStr | None, told(WORKER, "s3cr3t…", "Its bearer token.")] = None
    signer_address: Annotated[
        str,
        StringConstraints(pattern=r"^wss?://[^/\s]+(/\S*)?$"),
        told(
            API,
            "wss://127.0.0.1:13579",
            "Where pages reach the signer on the machine of who signs (NCALayer).",
        ),
    ] = "wss://127.0.0.1:13579"
    phone_link: Annotated[
        str,
        StringConstraints(pattern=r"^https?://[^{}\s]+\{address\}[^{}\s]*$"),
        told(
            API,
            "https://m.egov.kz/mobileSign/?link={address}",
            "What opens eGov Mobile on the phone on which a page is read; `{address}` stands for"
            " the one-time address.",
        ),
    ] = (
        "https://m.egov.kz/mobileSign/?link={address}"
        "&isi=1476128386&ibi=kz.egov.mobile&apn=kz.mobile.mgov"
    )
    scanner_address: Annotated[
        HostPort,
        told(
            API,
            "clamav:3310",
            "`host:port` of a virus scanner that speaks clamd's protocol; the sandbox does not"
            " stand for it.",
        ),
    ]
    scanner_tls: Annotated[
        bool, told(API, "true", "TLS to the scanner; must be true beyond this machine.")
    ] = False
    trust_file: Annotated[
        Path,
        told(
            BOTH,
            "/etc/ozhb/trust.toml",
            "TOML that names whose certificates count for signatures ([signing.md](signing.md)).",
        ),
    ]
    ncanode_address: Annotated[
        SystemUrl | None,
        told(
            INSIDE,
            "https://ncanode.internal:14579",
            "Root of a NCANode, which verifies signatures of GOST; without it they are refused.",
        ),
    ] = None

    requests_per_second: Annotated[
        float,
        told(API, "100", "Of one person to one process; outside systems are never bounded.", gt=0),
    ] = 100
    streams_per_person: Annotated[
        int, told(API, "20", "Streams that one person may hold open at one process.", ge=1)
    ] = 20
    most_streams: Annotated[
        int, told(API, "1000", "Streams that one process holds open.", ge=1)
    ] = 1000
    largest_document: Annotated[
        int, told(API, "10485760", "Bytes of one uploaded document.", ge=1024, le=20 * MIB)
    ] = 10 * MIB
    most_documents: Annotated[
        int, told(API, "100", "Documents that one side keeps with one case.", ge=1)
    ] = 100
    most_document_bytes: Annotated[
        int, told(API, "209715200", "Bytes of all of these.", ge=1024)
    ] = 200 * MIB
    unused_documents_kept: Annotated[
        timedelta,
        told(
            API,
            "P30D",
            "How long an upload is kept that no command names.",
            ge=timedelta(days=1),
        ),
    ] = timedelta(days=30)

    payload_keys: Annotated[
        KeyRing,
        told(
            INSIDE,
            "k2:BASE64,k1:BASE64",
            "Keys of what Temporal keeps, 32 bytes each by its id: the first enciphers, all"
            " decipher.",
        ),
    ]

    @model_validator(mode="before")
    @classmethod
    def _sandbox_stands_for_all(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("sandbox_url"):
            sandbox = values["sandbox_url"]
            return {**dict.fromkeys(SYSTEM_URLS, sandbox), **values}
        return values

    @model_validator(mode="after")
    def _what_is_said_is_enciphered_beyond_this_machine(self) -> Self:
        for name in ("temporal", "scanner"):
            host = self._host_of(name)
            if not (
                getattr(self, f"{name}_tls")
                or stays_here(host)
                or lies_within(host, self.allow_plaintext_on)
            ):
                raise ValueError(f"OZHB_{name.upper()}_TLS: must be true beyond this machine")
        return self

    @model_validator(mode="after")
    def _one_key_one_purpose(self) -> Self:
        payload, master = set(self.payload_key_ring.values()), set(self.person_key_ring.values())
        if payload & master or {self.person_index} & (payload | master):
            raise ValueError("payload, person and index keys must differ from each other")
        return self

    def _host_of(self, system: Literal["temporal", "scanner"]) -> str:
        address: str = getattr(self, f"{system}_address")
        return address.rpartition(":")[0]

    @property
    def in_the_clear(self) -> list[str]:
        """The variables that name what is spoken to without TLS beyond this machine."""
        urls = [name for name in _URLS if _is_plain(getattr(self, name))]
        systems: tuple[Literal["temporal", "scanner"], ...] = ("temporal", "scanner")
        addresses = [
            f"{name}_address"
            for name in systems
            if not (getattr(self, f"{name}_tls") or stays_here(self._host_of(name)))
        ]
        return [*super().in_the_clear, *(f"{PREFIX}{one.upper()}" for one in [*addresses, *urls])]

    @property
    def reached_by_webhooks(self) -> tuple[Network, ...]:
        """Where webhooks may lie beside the public internet; of a trial also on this machine."""
        return (*self.webhook_networks, *(LOOPBACK if self.sandbox_url else ()))

    @property
    def payload_key_ring(self) -> Mapping[str, bytes]:
        """Keys of Temporal payloads by id; the first enciphers, all decipher."""
        return key_ring(self.payload_keys.get_secret_value())


def _is_plain(url: str | None) -> bool:
    parts = urlsplit(url or "")
    return parts.scheme == "http" and not stays_here(parts.hostname)
