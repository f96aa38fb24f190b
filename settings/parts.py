"""Where settings come from, and those of PostgreSQL, Temporal and the command line."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from integrations.head_keys import HeadKey
from settings.kinds import (
    Certificates,
    DatabaseUrl,
    HeadSigningKey,
    HostPort,
    Key,
    KeyRing,
    Networks,
    SystemUrl,
    key,
    key_ring,
    postgresql_enciphered,
    postgresql_hosts,
    stays_here,
)

PREFIX: Final = "OZHB_"
_CANNOT: Final = "cannot start with these settings:"
_FOR_TLS: Final = (
    "temporal_ca",
    "temporal_client_certificate",
    "temporal_client_key",
    "temporal_server_name",
    "temporal_api_key",
)
# Of each worker one more asks all the time whether PostgreSQL answers.
_PULSES: Final = 1

# Who is told: `api`, `worker`, `migrate`, `ozhb` (the other commands), `up` (a local stack).
API: Final = ("api",)
WORKER: Final = ("worker",)
BOTH: Final = ("api", "worker")
COMMANDS: Final = ("ozhb",)
INSIDE: Final = ("api", "worker", "ozhb")
ALL: Final = ("api", "worker", "migrate", "ozhb")


def told(read_by: tuple[str, ...], example: str, means: str, **bounds: Any) -> Any:
    """What a person reads of a variable; the bounds are pydantic's."""
    readers: dict[str, Any] = {"read_by": list(read_by)}
    return Field(description=means, examples=[example], json_schema_extra=readers, **bounds)


class SettingsInvalid(Exception):
    """The process cannot start; the text names every mistake and repeats no secret."""

    def __init__(self, mistakes: list[str]) -> None:
        self.mistakes = mistakes
        super().__init__("\n  ".join([_CANNOT, *mistakes]))


class FromFiles(PydanticBaseSettingsSource):
    """`OZHB_NAME_FILE` names a file that holds the value of `OZHB_NAME`, as secrets are mounted."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        path = os.environ.get(f"{self.config['env_prefix']}{field_name}_file".upper())
        return (Path(path).read_text("utf-8").strip() if path else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
        }
        return {name: value for name, value in found.items() if value is not None}


class FromEnvironment(BaseSettings):
    """Variables of the environment, and files that they name."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, FromFiles(settings_cls)

    @classmethod
    def load(cls, **values: object) -> Self:
        """Read the environment (`values` win over it).

        Raises SettingsInvalid naming every variable that is missing or unsafe.
        """
        try:
            return cls(**values)  # type: ignore[arg-type] # checked by pydantic itself
        except ValidationError as error:
            raise SettingsInvalid(_mistakes(error)) from None
        except OSError as error:
            unread = f"{error.filename}: cannot be read ({type(error).__name__})"
            raise SettingsInvalid([unread]) from None


class Database(FromEnvironment):
    """The part a migration needs: it runs as the owner and must know no key."""

    # It stands first: what follows is judged by it.
    allow_plaintext_on: Annotated[
        Networks,
        told(
            ALL,
            "10.0.0.0/8,192.168.0.0/16",
            "Private networks in which http, PostgreSQL, Temporal and the scanner may be spoken to"
            " without TLS, beyond this machine. A host is meant by its address, or by a name of"
            " which every address lies there when the process starts. Each process warns of it at"
            " each start.",
        ),
    ] = ()
    database_url: Annotated[
        DatabaseUrl,
        told(
            ALL,
            "postgresql://ozhb_app:PASSWORD@db1:5432,db2:5432/ozhb?sslmode=verify-full"
            "&target_session_attrs=read-write",
            "The database as libpq reads it, of one host or several. API, worker and commands come"
            " as the application's role, `migrate` as the owner.",
        ),
    ]
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        told(("api", "worker", "migrate"), "info", "From which level on a process logs."),
    ] = "info"
    movable_clock: Annotated[
        bool,
        told(
            ("migrate", "ozhb"),
            "false",
            "A trial installation: its sandbox may move the legal clock ahead. `migrate` takes the"
            " means for it away where this is not said.",
        ),
    ] = False

    @property
    def in_the_clear(self) -> list[str]:
        """The variables that name what is spoken to without TLS beyond this machine."""
        hosts = postgresql_hosts(self.database_url)
        plain = not postgresql_enciphered(self.database_url) and not all(map(stays_here, hosts))
        return [f"{PREFIX}DATABASE_URL"] if plain else []


class PersonKeys(Database):
    """The part that opens what is kept of persons."""

    person_master_keys: Annotated[
        KeyRing,
        told(INSIDE, "m1:BASE64", "Keys that wrap each person's own key, likewise."),
    ]
    person_index_key: Annotated[
        Key,
        told(
            INSIDE,
            "BASE64",
            "Key of the blind index by which a person is found, 32 bytes; it cannot be changed"
            " later.",
        ),
    ]

    @property
    def person_key_ring(self) -> Mapping[str, bytes]:
        """Keys that wrap each person's own key, by id; the first wraps, all unwrap."""
        return key_ring(self.person_master_keys.get_secret_value())

    @property
    def person_index(self) -> bytes:
        """The key of the blind index by which a person is found."""
        return key(self.person_index_key.get_secret_value())


class HeadSigning(FromEnvironment):
    """The part that signs the heads of the record."""

    head_key: Annotated[
        HeadSigningKey | None,
        told(
            ("worker", "ozhb"),
            "-----BEGIN PRIVATE KEY-----…",
            "PEM of the RSA key (3072 bits or more, without a password) under which the daily heads"
            " of the record are signed. A worker does not begin without it; no other process needs"
            " it.",
        ),
    ] = None

    @property
    def signs_heads(self) -> HeadKey | None:
        """The key, where this process has one."""
        return None if self.head_key is None else HeadKey.read(self.head_key.get_secret_value())


class Pools(FromEnvironment):
    """How many connections to PostgreSQL each process may hold, at most."""

    worker_connections: Annotated[
        int,
        told(
            WORKER,
            "32",
            "Connections for looks, effects, the bell and housekeeping.",
            ge=4,
            le=1000,
        ),
    ] = 32
    api_connections: Annotated[
        int, told(API, "16", "Connections for what changes something.", ge=2, le=1000)
    ] = 16
    api_read_connections: Annotated[
        int, told(API, "8", "Connections for the reads that are asked most.", ge=1, le=1000)
    ] = 8
    command_connections: Annotated[
        int, told(("migrate", "ozhb"), "4", "Connections of one command.", ge=1, le=1000)
    ] = 4

    @property
    def budget(self) -> dict[str, int]:
        """What one process of a kind may hold at once: all of its pools and lines."""
        return {
            "worker": self.worker_connections + _PULSES,
            "api": self.api_connections + self.api_read_connections,
            "ozhb": self.command_connections,
        }


class Migration(Pools, Database):
    """What `ozhb migrate` is told."""


class TemporalServer(FromEnvironment):
    """How Temporal is reached."""

    temporal_address: Annotated[
        HostPort, told(INSIDE, "temporal-frontend:7233", "`host:port` of Temporal's frontend.")
    ]
    temporal_namespace: Annotated[
        str,
        told(
            INSIDE,
            "ozhb",
            "The namespace; what Temporal keeps is bound to it, and opens nowhere else."
            " `ozhb namespace ensure` makes it.",
        ),
    ] = "default"
    temporal_tls: Annotated[
        bool, told(INSIDE, "true", "TLS to the frontend; must be true beyond this machine.")
    ] = False
    temporal_ca: Annotated[
        str | None,
        told(
            INSIDE,
            "-----BEGIN CERTIFICATE-----…",
            "PEM of the authority that signed the frontend's certificate, else those of the"
            " machine.",
        ),
    ] = None
    temporal_client_certificate: Annotated[
        str | None,
        told(INSIDE, "-----BEGIN CERTIFICATE-----…", "PEM, for mutual TLS; with its key or not."),
    ] = None
    temporal_client_key: Annotated[
        SecretStr | None, told(INSIDE, "-----BEGIN PRIVATE KEY-----…", "PEM, its key.")
    ] = None
    temporal_server_name: Annotated[
        str | None,
        told(
            INSIDE,
            "temporal.internal",
            "The name in the frontend's certificate, where it is not that of the address.",
        ),
    ] = None
    temporal_api_key: Annotated[
        SecretStr | None, told(INSIDE, "tmprl_…", "Sent to Temporal with each request.")
    ] = None

    @model_validator(mode="after")
    def _what_is_for_tls_is_used(self) -> Self:
        for name in _FOR_TLS:
            if getattr(self, name) is not None and not self.temporal_tls:
                raise ValueError(f"OZHB_{name.upper()}: is for OZHB_TEMPORAL_TLS=true")
        if (self.temporal_client_certificate is None) != (self.temporal_client_key is None):
            raise ValueError(
                "OZHB_TEMPORAL_CLIENT_CERTIFICATE, OZHB_TEMPORAL_CLIENT_KEY: one needs the other"
            )
        return self


class RoleMaker(FromEnvironment):
    """What `ozhb roles` is told; a role whose password is not given keeps what it has."""

    # Described where everybody reads it.
    allow_plaintext_on: Networks = ()
    admin_database_url: Annotated[
        DatabaseUrl,
        told(
            COMMANDS,
            "postgresql://postgres:PASSWORD@db:5432/postgres?sslmode=verify-full",
            "Of `ozhb roles` alone: the server, as a role that may make roles and databases.",
        ),
    ]
    owner_password: Annotated[
        SecretStr | None, told(COMMANDS, "s3cr3t…", "Of `ozhb roles`: what the owner is to have.")
    ] = None
    app_password: Annotated[
        SecretStr | None,
        told(COMMANDS, "s3cr3t…", "Of `ozhb roles`: what the application's role is to have."),
    ] = None
    reader_password: Annotated[
        SecretStr | None,
        told(COMMANDS, "s3cr3t…", "Of `ozhb roles`: what the role that only reads is to have."),
    ] = None
    sandbox_password: Annotated[
        SecretStr | None,
        told(COMMANDS, "s3cr3t…", "Of `ozhb roles`: what the sandbox's role is to have."),
    ] = None

    @property
    def passwords(self) -> dict[str, str]:
        """Those that were given, by role."""
        found = {
            "ozhb_owner": self.owner_password,
            "ozhb_app": self.app_password,
            "ozhb_reader": self.reader_password,
            "ozhb_sandbox": self.sandbox_password,
        }
        return {role: one.get_secret_value() for role, one in found.items() if one is not None}


class AtTheApi(FromEnvironment):
    """What a command of an administrator needs, elsewhere than at the local stack."""

    # Described where everybody reads them.
    allow_plaintext_on: Networks = ()
    http_ca: Certificates | None = None
    api_url: Annotated[
        SystemUrl | None,
        told(COMMANDS, "https://portal.example", "The API that is asked, else the local stack's."),
    ] = None
    token: Annotated[
        SecretStr | None,
        told(
            COMMANDS,
            "eyJhbGciOi…",
            "The bearer token of who asks; at the local stack it is its administrator.",
        ),
    ] = None


def _mistakes(error: ValidationError) -> list[str]:
    lines = []
    for mistake in error.errors(include_url=False, include_context=False, include_input=False):
        field = str(mistake["loc"][0]) if mistake["loc"] else ""
        name = f"{PREFIX}{field.upper()}: " if field else ""
        reason = "is missing" if mistake["type"] == "missing" else mistake["msg"]
        lines.append(f"{name}{reason.removeprefix('Value error, ')}")
    return lines
