"""An installation that was told too little, or something unsafe, does not start."""

import base64
import re
from pathlib import Path

import pytest

from cli.home import Ports, local_settings
from cli.keys import LocalSecrets
from settings import Settings, SettingsInvalid

ONE_KEY = base64.b64encode(bytes(range(32))).decode()
OTHER_KEY = base64.b64encode(bytes(range(1, 33))).decode()
THIRD_KEY = base64.b64encode(bytes(range(3, 35))).decode()


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*Settings.model_fields, "sandbox_url"]:
        monkeypatch.delenv(f"OZHB_{name.upper()}", raising=False)


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
        ({"database_url": "postgresql://a:b@db.example/ozhb"}, "sslmode=verify-full"),
        ({"temporal_address": "temporal.example:7233"}, "OZHB_TEMPORAL_TLS"),
        ({"temporal_ca": "a certificate"}, "OZHB_TEMPORAL_CA: is for OZHB_TEMPORAL_TLS=true"),
        ({"temporal_api_key": "a key"}, "OZHB_TEMPORAL_API_KEY: is for"),
        ({"temporal_tls": True, "temporal_client_key": "a key"}, "one needs the other"),
    ],
)
def test_what_is_unsafe_is_refused(changes: dict[str, object], complaint: str) -> None:
    with pytest.raises(SettingsInvalid, match=complaint):
        Settings.load(**valid(**changes))


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


def test_every_setting_is_documented() -> None:
    told = (Path(__file__).parents[1] / "docs/settings.md").read_text("utf-8")
    named = set(re.findall(r"`OZHB_([A-Z_]+)`", told))
    assert named == {name.upper() for name in Settings.model_fields}
