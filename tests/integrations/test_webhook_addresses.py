"""A webhook lies in the public internet: an address that means another place is none of it."""

from ipaddress import ip_network

import pytest

from integrations.webhook import mistake_of

INSIDE = [
    *("10.0.0.1", "127.0.0.1", "169.254.169.254", "100.64.0.1", "198.18.0.1", "224.0.0.1"),
    *("192.0.0.8", "192.0.0.9", "192.88.99.1", "0.0.0.0", "255.255.255.255"),
    *("[::1]", "[::]", "[::7f00:1]", "[::ffff:127.0.0.1]", "[::ffff:0:127.0.0.1]"),
    *("[64:ff9b::a00:1]", "[64:ff9b:1::a9fe:a9fe]", "[2002:7f00:1::1]"),
    *("[fe80::1]", "[fec0::1]", "[fc00::1]", "[ff02::1]", "[100::1]", "[5f00::1]"),
    *("[2001:db8::1]", "[3fff::1]", "[3fff:fff::1]", "[2001:10::1]", "[4000::1]"),
    "[2001:0:7f00:1:0:0:80ff:fffe]",
]
OUTSIDE = [
    *("1.1.1.1", "192.0.1.1", "192.88.98.1"),
    *("[2606:4700:4700::1111]", "[2a00:1450::8]", "[3ffe::1]", "[64:ff9b::101:101]"),
    *("[2002:101:101::1]", "[::ffff:1.1.1.1]"),
]


@pytest.mark.parametrize("host", INSIDE)
def test_an_address_of_another_place_is_not_taken(host: str) -> None:
    assert mistake_of(f"https://{host}/", ()) == "private_address"


@pytest.mark.parametrize("host", OUTSIDE)
def test_an_address_of_the_public_internet_is_taken(host: str) -> None:
    assert mistake_of(f"https://{host}/", ()) is None


def test_a_network_that_counts_beside_the_internet_is_taken_as_it_is_named() -> None:
    assert mistake_of("https://[fec0::1]/", [ip_network("fec0::/10")]) is None
