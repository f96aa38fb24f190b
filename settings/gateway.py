"""The e-government gateway, where E-Собес is reached through it."""

from typing import Annotated, Final, Self

from pydantic import SecretStr, model_validator

from settings.kinds import Certificates, SystemUrl
from settings.parts import INSIDE, WORKER, FromEnvironment, told

_WITH_IT: Final = ("service", "sender", "password", "key", "certificate")


class AtTheGateway(FromEnvironment):
    """Who we are to the gateway; without its address E-Собес is told directly."""

    gateway_url: Annotated[
        SystemUrl | None,
        told(
            INSIDE,
            "https://shep.example/async",
            "The asynchronous channel of the e-government gateway (ШЭП). With it E-Собес is told"
            " through the gateway, and the gateway that its messages have come.",
        ),
    ] = None
    gateway_service: Annotated[
        str | None, told(WORKER, "PORTAL_RESULT", "The service that we are registered as there.")
    ] = None
    gateway_sender: Annotated[str | None, told(WORKER, "ozhb", "Our name there.")] = None
    gateway_password: Annotated[SecretStr | None, told(WORKER, "s3cr3t…", "Its password.")] = None
    gateway_key: Annotated[
        SecretStr | None,
        told(
            WORKER,
            "-----BEGIN PRIVATE KEY-----…",
            "The key that signs what the gateway is told, RSA or elliptic curve, in PEM.",
        ),
    ] = None
    gateway_certificate: Annotated[
        Certificates | None,
        told(WORKER, "-----BEGIN CERTIFICATE-----…", "Its certificate, in PEM."),
    ] = None

    @model_validator(mode="after")
    def _whoever_speaks_to_it_is_somebody_there(self) -> Self:
        lacking = [one for one in _WITH_IT if getattr(self, f"gateway_{one}") is None]
        if self.gateway_url is not None and lacking:
            named = ", ".join(f"OZHB_GATEWAY_{one.upper()}" for one in lacking)
            raise ValueError(f"OZHB_GATEWAY_URL needs {named}")
        return self

    @property
    def at_gateway(self) -> tuple[tuple[str, str, str], str, str]:
        """Service, sender and password; the key; its certificate. Empty where there is none."""
        password, key = (
            "" if one is None else one.get_secret_value()
            for one in (self.gateway_password, self.gateway_key)
        )
        named = (self.gateway_service or "", self.gateway_sender or "", password)
        return named, key, self.gateway_certificate or ""
