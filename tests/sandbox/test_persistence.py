"""What was answered is there after a kill, and what was to be told is told."""

import json
import stat

import pytest
from cryptography import x509

from sandbox.identities import make_iin
from tests.sandbox.orders import make_key, pay, read_ledger, read_report, settle
from tests.sandbox.test_esobes import result
from tests.sandbox.test_gateway import send
from tests.sandbox.test_identity import fetch
from tests.sandbox.test_wire import SMS
from tests.sandbox.world import World, listening, wait_until

pytestmark = pytest.mark.long


def test_callbacks_that_nobody_heard_are_delivered_after_a_kill(own_world: World) -> None:
    own_world.start()
    number, key = send(own_world, "sms", SMS, "k"), make_key()
    assert pay(own_world, key) == 202
    settle(own_world, key)
    own_world.kill()
    own_world.start()
    with listening(own_world.product):
        heard = own_world.product.heard
        wait_until(lambda: len(heard), lambda count: count >= 2)
        bodies = {call.path: call.body for call in heard}
        assert json.loads(bodies["/v1/receipts/sms"])["id"] == number
        assert read_report(bodies["/v1/treasury/status-reports"])["status"] == "ACSC"


def test_keys_sent_and_paid_before_a_kill_are_known_after_it(own_world: World) -> None:
    own_world.start()
    number, key = send(own_world, "sms", SMS, "k"), make_key()
    pay(own_world, key)
    own_world.post("/esobes/results", **result("r"))
    own_world.kill()
    own_world.start()
    assert send(own_world, "sms", SMS, "k") == number
    assert len(own_world.get("/sms/outbox")) == 1
    assert pay(own_world, key) == 202
    assert settle(own_world, key)["received"] == 2
    own_world.post("/esobes/results", **result("r"))
    assert [line["received"] for line in own_world.get("/esobes/results")] == [2]


def test_a_payment_settles_while_the_treasury_is_dead(own_world: World) -> None:
    own_world.start()
    key = make_key()
    own_world.arm("treasury", "pending", seconds=0.1)
    pay(own_world, key)
    own_world.kill()
    own_world.start()
    assert settle(own_world, key)["status"] == "ACSC"
    assert read_ledger(own_world, key)["settled"] == 1


def test_keys_subjects_revocations_and_faults_are_the_same_after_a_kill(own_world: World) -> None:
    own_world.start()

    def snapshot() -> tuple[object, ...]:
        return (
            own_world.get("/identity/jwks"),
            fetch(own_world, role="recipient", iin=make_iin(1))["sub"],
            x509.load_pem_x509_certificate(own_world.client.get("/ca/root.pem").content),
            own_world.get("/faults"),
        )

    own_world.arm("treasury", "reject", times=3)
    before = snapshot()
    own_world.kill()
    own_world.start()
    assert snapshot() == before


def test_nobody_else_can_read_the_keys(own_world: World) -> None:
    own_world.start()
    send(own_world, "sms", SMS)
    files = list(own_world.data.iterdir())
    assert files
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert stat.S_IMODE(own_world.data.stat().st_mode) == 0o700


def test_the_log_names_no_phone(own_world: World) -> None:
    own_world.start()
    own_world.product.answers.append(422)
    with listening(own_world.product):
        send(own_world, "sms", SMS)
        wait_until(own_world.log, lambda text: "dropped" in text)
    assert own_world.client.get("/sms/outbox", params={"phone": SMS["phone"]}).status_code == 200
    assert SMS["phone"].strip("+") not in own_world.log()
