"""An installation that was told too little, or something unsafe, does not start."""

import base64
import json
import os
import re
import socket
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from cli.home import Ports, local_settings
from cli.keys import LocalSecrets
from cli.settings import variables
from integrations.head_keys import make_head_key
from settings import AtTheApi, RoleMaker, Settings, SettingsInvalid
from settings.kinds import lies_within
from tests.support.code import CODE, modules
from tests.support.forks import run_command
from tests.support.operations_page import printed, written

ONE_KEY = base64.b64encode(bytes(range(32))).decode()
OTHER_KEY = base64.b64encode(bytes(range(1, 33))).decode()
THIRD_KEY = base64.b64encode(bytes(range(3, 35))).decode()


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*Settings.model_fields, *AtTheApi.model_fields]:
        for variable in (f"OZHB_{name.upper()}", f"OZHB_{name.upper()}_FILE"):
            monkeypatch.delenv(variable, raising=False)


def valid(**changes: object) -> dict[str, object]:
    values: dict[str, object] = {
        "database_url": "postgresql://ozhb_app:secret@127.0.0.1:5432/ozhb",
        "temporal_address": "127.0.0.1:7233",
        "worker_port": 9000,
        "public_url": "https://portal.example",
        "sandbox_url": "http://127.0.0.1:9001",
        "scanner_address": "127.0.0.1:3310",
        "trust_file": "trust.toml",
        "payload_keys": f"k1:{ONE_KEY}",
        "person_master_keys": f"m1:{OTHER_KEY}",
        "person_index_key": base64.b64encode(bytes(range(2, 34))).decode(),
    }
    return values | changes


def product() -> Iterator[Path]:
    """The code of the processes and commands."""
    layers = ("activities", "api", "cli", "db", "definitions", "domain", "integrations", "sandbox")
    for layer in (*layers, "settings", "workflows"):
        yield from modules(layer)
    yield from (CODE / f"{name}.py" for name in ("logs", "starting", "worker"))


def test_every_missing_variable_is_named_at_once() -> None:
    with pytest.raises(SettingsInvalid) as refused:
        Settings.load()
    for name in ("DATABASE_URL", "PAYLOAD_KEYS", "PERSON_INDEX_KEY", "TREASURY_URL", "OIDC_ISSUER"):
        assert f"OZHB_{name}: is missing" in str(refused.value)


def test_the_sandbox_stands_for_each_system_that_is_not_named() -> None:
    settings = Settings.load(**valid(treasury_url="https://treasury.example/"))
    assert settings.sms_url == "http://127.0.0.1:9001"
    assert settings.treasury_url == "https://treasury.example"


def test_the_first_key_is_the_current_one() -> None:
    settings = Settings.load(**valid(payload_keys=f"k2:{THIRD_KEY},k1:{ONE_KEY}"))
    assert list(settings.payload_key_ring) == ["k2", "k1"]
    assert settings.payload_key_ring["k1"] == bytes(range(32))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"payload_keys": "k1:short"}, "OZHB_PAYLOAD_KEYS"),
        ({"payload_keys": f"k1:{ONE_KEY},k1:{OTHER_KEY}"}, "stands twice"),
        ({"payload_keys": f"k1:{base64.b64encode(bytes(32)).decode()}"}, "no key"),
        ({"person_master_keys": f"m1:{ONE_KEY}"}, "must differ"),
        ({"treasury_url": "http://treasury.example"}, "OZHB_TREASURY_URL: http is unsafe"),
        ({"oidc_issuer": "https://user:word@issuer.example"}, "no credentials"),
        ({"oidc_client_id": "ozhb"}, "OZHB_OIDC_CLIENT_ID: must differ"),
        ({"oidc_scope": "profile"}, "OZHB_OIDC_SCOPE"),
        ({"token_claims": "rolle=roles"}, "rolle is no claim of ours"),
        ({"token_claims": "role"}, "expected NAME=NAME"),
        ({"token_claims": "iin=a,iin=b"}, "iin stands twice"),
        ({"token_roles": "clerk=king"}, "king is no role of ours"),
        ({"session_idle": timedelta(minutes=1)}, "OZHB_SESSION_IDLE"),
        ({"database_url": "postgresql://a:b@db.example/ozhb"}, "sslmode=verify-full"),
        ({"database_url": "postgresql://a@127.0.0.1,db.example/ozhb"}, "sslmode=verify-full"),
        ({"database_url": "postgresql://a@127.0.0.1/ozhb?hostaddr=10.0.0.1"}, "verify-full"),
        ({"database_url": "postgresql://a@127.0.0.1/ozhb?sslmod=require"}, "expected postgresql"),
        ({"http_ca": "no certificate"}, "OZHB_HTTP_CA: no certificate in PEM"),
        ({"allow_plaintext_on": "8.0.0.0/8"}, "8.0.0.0/8 is no private network"),
        ({"allow_plaintext_on": "0.0.0.0/0"}, "0.0.0.0/0 is no private network"),
        ({"allow_plaintext_on": "10.0.0.1/8"}, "10.0.0.1/8 is no network"),
        ({"worker_connections": 1}, "OZHB_WORKER_CONNECTIONS"),
        ({"temporal_address": "temporal.example:7233"}, "OZHB_TEMPORAL_TLS"),
        ({"temporal_ca": "a certificate"}, "OZHB_TEMPORAL_CA: is for OZHB_TEMPORAL_TLS=true"),
        ({"temporal_api_key": "a key"}, "OZHB_TEMPORAL_API_KEY: is for"),
        ({"temporal_tls": True, "temporal_client_key": "a key"}, "one needs the other"),
    ],
)
def test_what_is_unsafe_is_refused(changes: dict[str, object], complaint: str) -> None:
    with pytest.raises(SettingsInvalid, match=complaint):
        Settings.load(**valid(**changes))


def test_what_the_issuer_calls_claims_and_roles_is_read() -> None:
    settings = Settings.load(
        **valid(
            token_claims="role=realm_access.roles scope, iin=https://id.example/iin?a=b",
            token_roles="portal-clerk=caseworker,desk=caseworker",
        )
    )
    assert settings.claim_paths == {
        "role": ("realm_access.roles", "scope"),
        "iin": ("https://id.example/iin?a=b",),
    }
    assert settings.role_names == {"portal-clerk": "caseworker", "desk": "caseworker"}


def test_no_secret_is_shown() -> None:
    with pytest.raises(SettingsInvalid) as refused:
        Settings.load(**valid(payload_keys="k1:dGVsbC1ub2JvZHk=", database_url="postgresql:hush"))
    assert "dGVsbC1ub2JvZHk=" not in str(refused.value)
    assert "hush" not in str(refused.value)
    shown = repr(Settings.load(**valid()))
    assert ONE_KEY not in shown
    assert "secret@" not in shown


def test_the_secrets_of_a_local_stack_are_good_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = Ports(api=1, postgres=2, temporal=3, temporal_ui=4, sandbox=5, worker=6, scanner=7)
    for name, value in local_settings(tmp_path, ports, LocalSecrets.make()).items():
        monkeypatch.setenv(name, value)
    assert Settings.load().home == tmp_path


def test_every_setting_can_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given = valid(temporal_tls="true", temporal_ca="a certificate", temporal_api_key="a key")
    for name, value in given.items():
        (tmp_path / name).write_text(f"{value}\n")
        monkeypatch.setenv(f"OZHB_{name.upper()}_FILE", str(tmp_path / name))
    monkeypatch.setenv("OZHB_WORKER_PORT", "9001")
    settings = Settings.load()
    assert (settings.temporal_tls, settings.temporal_ca) == (True, "a certificate")
    assert settings.temporal_api_key is not None
    assert settings.temporal_api_key.get_secret_value() == "a key"
    assert settings.worker_port == 9001, "what is said outright wins over what a file says"


def test_a_file_that_cannot_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OZHB_PAYLOAD_KEYS_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(SettingsInvalid, match="nowhere: cannot be read"):
        Settings.load(**{name: one for name, one in valid().items() if name != "payload_keys"})


@pytest.mark.parametrize(
    "name",
    [
        str(one["variable"]).strip("`")
        for one in variables()
        if one["secret"] and one["read by"] != "sandbox"
    ],
)
def test_a_secret_can_stand_in_a_file(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    field = name.removeprefix("OZHB_").lower()
    kind = next(one for one in (Settings, AtTheApi, RoleMaker) if field in one.model_fields)
    pem = {"temporal_client_certificate": "a certificate", "temporal_tls": True}
    given = valid(**(pem if field.startswith("temporal_") else {}))
    if field == "temporal_api_key":
        del given["temporal_client_certificate"]
    given["admin_database_url"] = given["database_url"]
    value = given.pop(field, make_head_key().strip() if field == "head_key" else "of a file")
    (tmp_path / field).write_text(f"{value}\n")
    monkeypatch.setenv(f"{name}_FILE", str(tmp_path / field))
    read = getattr(kind.load(**given), field)
    assert (read if isinstance(read, str) else read.get_secret_value()) == value


def test_what_is_empty_counts_as_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OZHB_SMS_TOKEN", "")
    assert Settings.load(**valid()).sms_token is None


PLAIN = {
    "database_url": "postgresql://a:b@10.1.2.3:5432,10.1.2.4:5432/ozhb",
    "temporal_address": "10.1.2.3:7233",
    "scanner_address": "10.1.2.5:3310",
    "treasury_url": "http://10.1.2.6",
}


def test_without_tls_is_spoken_on_a_private_network_that_is_named_and_nowhere_else() -> None:
    told = Settings.load(**valid(**PLAIN, allow_plaintext_on="192.168.0.0/16, 10.0.0.0/8"))
    assert told.in_the_clear == [
        "OZHB_DATABASE_URL",
        "OZHB_TEMPORAL_ADDRESS",
        "OZHB_SCANNER_ADDRESS",
        "OZHB_TREASURY_URL",
    ]
    assert Settings.load(**valid(allow_plaintext_on="10.0.0.0/8")).in_the_clear == []
    for name, value in PLAIN.items():
        for elsewhere in ("192.168.0.0/16", "10.1.2.0/31"):
            with pytest.raises(SettingsInvalid, match=f"OZHB_{name.partition('_')[0].upper()}"):
                Settings.load(**valid(**{name: value}, allow_plaintext_on=elsewhere))
    one_of_two = "postgresql://a:b@10.1.2.3,11.1.2.4/ozhb"
    with pytest.raises(SettingsInvalid, match="sslmode"):
        Settings.load(**valid(database_url=one_of_two, allow_plaintext_on="10.0.0.0/8"))


def test_a_name_lies_where_all_its_addresses_lie() -> None:
    """This machine's own name: whatever it resolves to is on no network that was named."""
    name = socket.gethostname()
    found = {ip_address(one[4][0]) for one in socket.getaddrinfo(name, None)}
    around = [ip_network(f"{one}/{one.max_prefixlen}") for one in found]
    assert lies_within(name, around)
    assert not lies_within(name, [ip_network("192.0.2.0/24")])
    assert not lies_within("nobody.invalid", around)


def test_the_page_of_operations_has_the_settings_as_the_command_prints_them() -> None:
    assert written() == printed(), "python -m tests.support.operations_page writes it anew"


def test_the_command_names_every_setting_for_programs_too() -> None:
    told = {"PATH": os.environ["PATH"], "OZHB_WORKER_CONNECTIONS": "7"}
    printed = json.loads(run_command(("settings", "--json"), told).stdout)
    names = {one["variable"].strip("`") for one in printed["variables"]}
    assert {f"OZHB_{name.upper()}" for name in Settings.model_fields} <= names
    assert {"OZHB_API_URL", "OZHB_TOKEN", "OZHB_SANDBOX_DATA"} <= names
    assert printed["connections"] == {"worker": 8, "api": 24, "ozhb": 4}
    wrong = run_command(("settings",), {**told, "OZHB_WORKER_CONNECTIONS": "many"})
    assert (wrong.returncode, "OZHB_WORKER_CONNECTIONS" in wrong.stderr) == (2, True)


def test_no_variable_is_read_that_the_page_does_not_name() -> None:
    named = {str(one["variable"]).strip("`") for one in variables()}
    for file in product():
        found = set(re.findall(r"\bOZHB_[A-Z_]*[A-Z]\b", file.read_text("utf-8")))
        strange = {one for one in found - named if one.removesuffix("_FILE") not in named}
        assert strange <= {"OZHB_NAME", "OZHB_NAME_FILE"}, file
