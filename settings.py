"""What an installation must be told, checked once when a process starts.

Only the roots read it (worker.py, cli, api/main.py, db/migrations/env.py); everybody else is handed
values. A variable is the field's name in capitals after `OZHB_`; with `_FILE` after it, it names
the file that holds the value.
"""

import base64
import binascii
import os
from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import parse_qs, urlsplit

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

_CANNOT = "cannot start with these settings:"
KEY_BYTES = 32
MIB = 1024 * 1024
_FOR_TLS = (
    "temporal_ca",
    "temporal_client_certificate",
    "temporal_client_key",
    "temporal_server_name",
    "temporal_api_key",
)
SYSTEM_URLS = ("sms_url", "email_url", "treasury_url", "esobes_url", "oidc_issuer")


class SettingsInvalid(Exception):
    """The process cannot start; the text names every mistake and repeats no secret."""


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("a key is not base64") from None
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key must be {KEY_BYTES} bytes, base64")
    if len(set(key)) == 1:
        raise ValueError("a key of one repeated byte is no key")
    return key


def _key_ring(text: str) -> dict[str, bytes]:
    """`k2:<base64>,k1:<base64>` → keys by id, in the order given; the first is the current one."""
    keys: dict[str, bytes] = {}
    for part in text.split(","):
        key_id, colon, encoded = part.strip().partition(":")
        if not (colon and key_id.isalnum() and key_id.isascii()):
            raise ValueError("expected <key id>:<base64 key>, separated by commas")
        if key_id in keys:
            raise ValueError(f"key id {key_id} stands twice")
        keys[key_id] = _key(encoded)
    return keys


def _is_key(secret: SecretStr) -> SecretStr:
    _key(secret.get_secret_value())
    return secret


def _is_key_ring(secret: SecretStr) -> SecretStr:
    _key_ring(secret.get_secret_value())
    return secret


def _stays_here(host: str | None) -> bool:
    if host is None or host == "localhost":
        return host is not None
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_safe_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("expected http(s)://host[:port]")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("no credentials, query or fragment may stand in an address")
    if parts.scheme == "http" and not _stays_here(parts.hostname):
        raise ValueError("http is unsafe beyond this machine: use https")
    return url


def _without_slash(url: str) -> str:
    return url.rstrip("/")


def _is_postgresql(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "postgresql" or not parts.path.strip("/"):
        raise ValueError("expected postgresql://role:password@host:port/database")
    if not parts.username:
        raise ValueError("no role is named")
    encrypted = parse_qs(parts.query).get("sslmode", [""])[0] in (
        "require",
        "verify-ca",
        "verify-full",
    )
    if not (encrypted or _stays_here(parts.hostname)):
        raise ValueError("unsafe beyond this machine: add ?sslmode=verify-full")
    return url


SystemUrl = Annotated[str, AfterValidator(_is_safe_url), AfterValidator(_without_slash)]
# Compared with the `iss` of a token letter by letter, so nothing is taken off.
Issuer = Annotated[str, AfterValidator(_is_safe_url)]
Key = Annotated[SecretStr, AfterValidator(_is_key)]
KeyRing = Annotated[SecretStr, AfterValidator(_is_key_ring)]
DatabaseUrl = Annotated[str, Field(repr=False), AfterValidator(_is_postgresql)]
Port = Annotated[int, Field(ge=1, le=65535)]
HostPort = Annotated[str, StringConstraints(pattern=r"^[^:/\s]+:[0-9]+$")]
Provider = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]


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


class Database(BaseSettings):
    """The part a migration needs: it runs as the owner and must know no key."""

    model_config = SettingsConfigDict(
        env_prefix="OZHB_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    database_url: DatabaseUrl

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

    @property
    def sqlalchemy_url(self) -> str:
        return sqlalchemy_url(self.database_url)

    @classmethod
    def load(cls, **values: object) -> Self:
        """Read the environment (`values` win over it).

        Raises SettingsInvalid naming every variable that is missing or unsafe.
        """
        try:
            return cls(**values)  # type: ignore[arg-type] # checked by pydantic itself
        except ValidationError as error:
            raise SettingsInvalid(_sentences(cls, error)) from None
        except OSError as error:
            told = f"  {error.filename}: cannot be read ({type(error).__name__})"
            raise SettingsInvalid(f"{_CANNOT}\n{told}") from None


class PersonKeys(Database):
    """The part that whoever opens or rewraps keys needs."""

    person_master_keys: KeyRing
    person_index_key: Key

    @property
    def person_key_ring(self) -> Mapping[str, bytes]:
        """Keys that wrap each person's own key, by id; the first wraps, all unwrap."""
        return _key_ring(self.person_master_keys.get_secret_value())

    @property
    def person_index(self) -> bytes:
        """The key of the blind index by which a person is found."""
        return _key(self.person_index_key.get_secret_value())


class Settings(PersonKeys):
    """Everything the API and the worker are told.

    `*_url` is the root under which the paths of docs/outside-world.md lie; `sandbox_url` fills in
    each one that is not given.
    """

    home: Path = Path(".ozhb")
    port: Port = 8080
    # Where people reach it: papers name the address at which they are checked.
    public_url: SystemUrl
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    temporal_address: HostPort
    temporal_namespace: str = "default"
    temporal_tls: bool = False
    # PEM. Without a CA the roots of the machine count; certificate and key are for mutual TLS.
    temporal_ca: str | None = None
    temporal_client_certificate: str | None = None
    temporal_client_key: SecretStr | None = None
    # The name in the server's certificate, where it is not that of the address.
    temporal_server_name: str | None = None
    temporal_api_key: SecretStr | None = None
    temporal_ui_url: SystemUrl | None = None
    # Where the worker answers probes and Prometheus.
    worker_host: str = "127.0.0.1"
    worker_port: Port
    # A worker that would break open cases ends before it takes any.
    release_check: bool = True
    # Files of cases that closed longer ago lie apart; an ISO 8601 length (P730D) or seconds.
    put_away_after: Annotated[timedelta, Field(ge=timedelta(days=1))] = timedelta(days=730)

    sandbox_url: SystemUrl | None = None
    sms_url: SystemUrl
    email_url: SystemUrl
    treasury_url: SystemUrl
    esobes_url: SystemUrl
    oidc_issuer: Issuer
    token_audience: str = "ozhb"
    # Where the signer on somebody's own machine listens for pages: NCALayer's usual place.
    signer_address: Annotated[str, StringConstraints(pattern=r"^wss?://[^/\s]+(/\S*)?$")] = (
        "wss://127.0.0.1:13579"
    )
    # What opens the signer on a phone, where the page itself is read there.
    phone_link: Annotated[
        str, StringConstraints(pattern=r"^https?://[^{}\s]+\{address\}[^{}\s]*$")
    ] = (
        "https://m.egov.kz/mobileSign/?link={address}"
        "&isi=1476128386&ibi=kz.egov.mobile&apn=kz.mobile.mgov"
    )
    # As whom the pages ask the provider; a public client has no secret.
    oidc_client_id: str = "ozhb-pages"
    oidc_client_secret: SecretStr | None = None
    # An ISO 8601 length (PT12H) or seconds.
    token_longest_life: Annotated[timedelta, Field(ge=timedelta(minutes=1))] = timedelta(hours=12)
    # A virus scanner that speaks clamd's protocol; `sandbox_url` does not stand for it.
    scanner_address: HostPort
    scanner_tls: bool = False
    # The authorities whose certificates count for signatures (docs/signing.md).
    trust_file: Path
    sms_token: SecretStr | None = None
    email_token: SecretStr | None = None
    # Who runs the gateways, as the tokens name them that receipts come with.
    sms_provider: Provider = "sms"
    email_provider: Provider = "email"
    treasury_token: SecretStr | None = None
    esobes_token: SecretStr | None = None

    # Of one person to one process of the API; outside systems are never bounded.
    requests_per_second: Annotated[float, Field(gt=0)] = 100
    streams_per_person: Annotated[int, Field(ge=1)] = 20
    most_streams: Annotated[int, Field(ge=1)] = 1000
    # Of what people upload: one document, and all that one side of a case keeps with it.
    largest_document: Annotated[int, Field(ge=1024, le=20 * MIB)] = 10 * MIB
    most_documents: Annotated[int, Field(ge=1)] = 100
    most_document_bytes: Annotated[int, Field(ge=1024)] = 200 * MIB
    # How long a document is kept that no command has named.
    unused_documents_kept: Annotated[timedelta, Field(ge=timedelta(days=1))] = timedelta(days=30)

    payload_keys: KeyRing

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
            host = getattr(self, f"{name}_address").rpartition(":")[0]
            if not (getattr(self, f"{name}_tls") or _stays_here(host)):
                raise ValueError(f"OZHB_{name.upper()}_TLS: must be true beyond this machine")
        return self

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

    @model_validator(mode="after")
    def _one_key_one_purpose(self) -> Self:
        payload, master = set(self.payload_key_ring.values()), set(self.person_key_ring.values())
        if payload & master or {self.person_index} & (payload | master):
            raise ValueError("payload, person and index keys must differ from each other")
        return self

    @property
    def payload_key_ring(self) -> Mapping[str, bytes]:
        """Keys of Temporal payloads by id; the first enciphers, all decipher."""
        return _key_ring(self.payload_keys.get_secret_value())


def sqlalchemy_url(database_url: str) -> str:
    """postgresql://… → postgresql+psycopg://…, the driver SQLAlchemy is to take."""
    return database_url.replace("postgresql://", "postgresql+psycopg://", 1)


def _sentences(cls: type[BaseSettings], error: ValidationError) -> str:
    prefix = cls.model_config["env_prefix"]
    lines = []
    for mistake in error.errors(include_url=False, include_context=False, include_input=False):
        field = str(mistake["loc"][0]) if mistake["loc"] else ""
        name = f"{prefix}{field.upper()}: " if field else ""
        reason = "is missing" if mistake["type"] == "missing" else mistake["msg"]
        lines.append(f"  {name}{reason.removeprefix('Value error, ')}")
    return _CANNOT + "\n" + "\n".join(lines)
