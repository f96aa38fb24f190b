"""What the sandbox reads from its environment, and nothing else reads."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Environment of the process, prefix `OZHB_SANDBOX_`."""

    model_config = SettingsConfigDict(env_prefix="OZHB_SANDBOX_", frozen=True)

    port: int = Field(default=8790, ge=1, le=65535)
    # Loopback unless told otherwise: whoever reaches the sandbox can issue tokens and certificates.
    host: str = "127.0.0.1"
    # Where the virus scanner answers; it speaks its own protocol, not HTTP.
    scanner_port: int | None = Field(default=None, ge=1, le=65535)
    data: Path
    # Where receipts, status reports and E-Собес messages go; without it the queue waits.
    product_url: str | None = None
    # Issuer of the tokens and address inside certificates; the own address unless given.
    public_url: str | None = None
    database_url: SecretStr | None = None
    temporal_address: str | None = None
    temporal_namespace: str = "default"
    # From sending to a gateway's receipt; the treasury takes twice as long.
    delay_seconds: float = Field(default=0.1, ge=0)
    # The longest that one open case may hold up an advance of the clock.
    case_timeout_seconds: float = Field(default=15, gt=0)

    @property
    def url(self) -> str:
        """The address under which the sandbox is known, without a slash at its end."""
        return (self.public_url or f"http://127.0.0.1:{self.port}").rstrip("/")
