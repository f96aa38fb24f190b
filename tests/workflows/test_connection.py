"""Over TLS and mutual TLS Temporal is reached as the settings say, and not otherwise."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from settings import Settings
from tests.support.certificates import Pair, issue
from tests.test_settings import valid
from workflows.connection import connect

NAME = "temporal.test"


@pytest.fixture(scope="module")
def authority() -> Pair:
    return issue("authority.test")


@asynccontextmanager
async def frontend(
    temporal_address: str, authority: Pair, folder: Path, *, mutual: bool = False
) -> AsyncIterator[str]:
    """TLS in front of the development server; its address."""
    server = issue(NAME, authority)
    chain = folder / "server.pem"
    chain.write_text(server.certificate + server.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    context.set_alpn_protocols(["h2"])
    if mutual:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=authority.certificate)
    host, _, port = temporal_address.rpartition(":")
    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        inner_reader, inner_writer = await asyncio.open_connection(host, int(port))
        try:
            await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))
        finally:
            for end in (writer, inner_writer):
                end.transport.abort()
                with suppress(OSError):
                    await end.wait_closed()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with listening:
        yield f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


def told(address: str, **more: Any) -> Settings:
    return Settings.load(**valid(temporal_address=address, temporal_tls=True, **more))


async def reached(settings: Settings) -> bool:
    client = await connect(settings)
    return await client.service_client.check_health()


async def test_a_private_authority_and_the_servers_name_open_a_tls_frontend(
    temporal_address: str, authority: Pair, tmp_path: Path
) -> None:
    ca = {"temporal_ca": authority.certificate, "temporal_server_name": NAME}
    async with frontend(temporal_address, authority, tmp_path) as address:
        assert await reached(told(address, **ca))
        for wrong in (
            {},
            {"temporal_ca": authority.certificate},
            {**ca, "temporal_server_name": "other.test"},
            {**ca, "temporal_ca": issue("stranger.test").certificate},
        ):
            with pytest.raises(RuntimeError):
                await reached(told(address, **wrong))


async def test_a_frontend_that_asks_for_a_certificate_gets_the_one_of_the_settings(
    temporal_address: str, authority: Pair, tmp_path: Path
) -> None:
    ours, strange = issue("ozhb", authority), issue("ozhb", issue("stranger.test"))
    ca = {"temporal_ca": authority.certificate, "temporal_server_name": NAME}

    def by(pair: Pair) -> dict[str, Any]:
        key = SecretStr(pair.key)
        return {"temporal_client_certificate": pair.certificate, "temporal_client_key": key}

    async with frontend(temporal_address, authority, tmp_path, mutual=True) as address:
        assert await reached(told(address, **ca, **by(ours)))
        for wrong in ({}, by(strange)):
            with pytest.raises(RuntimeError):
                await reached(told(address, **ca, **wrong))


async def test_the_api_key_of_the_settings_is_the_clients(
    temporal_address: str, authority: Pair, tmp_path: Path
) -> None:
    ca = {"temporal_ca": authority.certificate, "temporal_server_name": NAME}
    async with frontend(temporal_address, authority, tmp_path) as address:
        client = await connect(told(address, **ca, temporal_api_key=SecretStr("a-key")))
        assert client.service_client.config.api_key == "a-key"
