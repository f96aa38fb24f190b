"""What the sandbox reads from its environment, and nothing else reads."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Environment of the process, prefix `OZHB_SANDBOX_`."""

    model_config = SettingsConfigDict(env_prefix="OZHB_SANDBOX_", frozen=True)

    port: int = Field(
        default=8790, ge=1, le=65535, description="The port of the sandbox.", examples=["8790"]
    )
    host: str = Field(
        default="127.0.0.1",
        description=(
            "Where it listens. Whoever reaches it can issue tokens and certificates of the trial."
        ),
        examples=["127.0.0.1"],
    )
    scanner_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="Where its virus scanner answers, in clamd's protocol.",
        examples=["3310"],
    )
    data: Path = Field(
        description="The folder of what it keeps.", examples=["/var/lib/ozhb-sandbox"]
    )
    product_url: str | None = Field(
        default=None,
        description=(
            "Where receipts, status reports and messages of E-Собес go; without it they wait."
        ),
        examples=["http://127.0.0.1:8080"],
    )
    public_url: str | None = Field(
        default=None,
        description=(
            "Issuer of its tokens, and the address in its certificates, where it is not its own."
        ),
        examples=["https://sandbox.example"],
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="The database whose legal clock it moves, as the sandbox's role.",
        examples=["postgresql://ozhb_sandbox:PASSWORD@127.0.0.1:5432/ozhb"],
    )
    temporal_address: str | None = Field(
        default=None,
        description="The Temporal whose time it skips, `host:port`.",
        examples=["127.0.0.1:7233"],
    )
    temporal_namespace: str = Field(
        default="default", description="The namespace there.", examples=["default"]
    )
    delay_seconds: float = Field(
        default=0.1,
        ge=0,
        description="From sending to a gateway's receipt; the treasury takes twice as long.",
        examples=["0.1"],
    )
    case_timeout_seconds: float = Field(
        default=15,
        gt=0,
        description="The longest that one open case may hold up an advance of the clock.",
        examples=["15"],
    )

    @property
    def url(self) -> str:
        """The address under which the sandbox is known, without a slash at its end."""
        return (self.public_url or f"http://127.0.0.1:{self.port}").rstrip("/")
