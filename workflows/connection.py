"""The one way to a Temporal server, as the settings name it."""

import logging
from collections.abc import Mapping
from typing import Protocol

from pydantic import SecretStr
from temporalio.client import Client
from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)
from temporalio.service import TLSConfig

from workflows.codec import make_data_converter


class Server(Protocol):
    """What the settings say of it; certificates and keys are PEM."""

    @property
    def temporal_address(self) -> str: ...
    @property
    def temporal_namespace(self) -> str: ...
    @property
    def temporal_tls(self) -> bool: ...
    @property
    def temporal_ca(self) -> str | None: ...
    @property
    def temporal_client_certificate(self) -> str | None: ...
    @property
    def temporal_client_key(self) -> SecretStr | None: ...
    @property
    def temporal_server_name(self) -> str | None: ...
    @property
    def temporal_api_key(self) -> SecretStr | None: ...
    @property
    def payload_key_ring(self) -> Mapping[str, bytes]: ...


def make_runtime(metrics: PrometheusConfig | None = None) -> Runtime:
    """What the SDK works on; what it has to say of itself goes the way of all logs."""
    forwarding = LogForwardingConfig(
        logging.getLogger("temporalio.core"),
        append_target_to_name=False,
        prepend_target_on_message=False,
        append_log_fields_to_message=False,
    )
    filtered = TelemetryFilter(core_level="WARN", other_level="ERROR")
    logs = LoggingConfig(filtered, forwarding)
    return Runtime(telemetry=TelemetryConfig(logging=logs, metrics=metrics))


async def connect(server: Server, runtime: Runtime | None = None) -> Client:
    """A client that enciphers what it sends. RuntimeError while Temporal cannot be reached."""
    key = server.temporal_api_key
    return await Client.connect(
        server.temporal_address,
        namespace=server.temporal_namespace,
        tls=_tls(server) if server.temporal_tls else False,
        api_key=key.get_secret_value() if key else None,
        data_converter=make_data_converter(server.payload_key_ring),
        runtime=runtime,
    )


def _tls(server: Server) -> TLSConfig:
    key = server.temporal_client_key
    return TLSConfig(
        server_root_ca_cert=_bytes(server.temporal_ca),
        domain=server.temporal_server_name,
        client_cert=_bytes(server.temporal_client_certificate),
        client_private_key=_bytes(key.get_secret_value() if key else None),
    )


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode()
