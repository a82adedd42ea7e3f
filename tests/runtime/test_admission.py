"""Who gets a connection, and who makes room."""

import pytest

from fixgw.runtime.admission import Admission, Standing, canonical, network
from fixgw.runtime.gateway_toml import Limits


class Place:
    """An Admission, and who had to go."""

    def __init__(self, **limits: int) -> None:
        self.gone: list[str] = []
        self.standing: dict[str, Standing] = {}
        self.admission: Admission[str] = Admission(
            Limits(**limits), self.gone.append,
            lambda who: self.standing.get(who, Standing.STRANGER),
        )

    def enter(self, *names: str, address: str = "") -> list[str]:
        """Let them in; each at an address of its own, if none is given. Returns refusals."""
        refusals = [
            self.admission.enter(name, address or f"192.0.2.{sum(name.encode()) % 250}")
            for name in names
        ]
        return [refusal for refusal in refusals if refusal]


def test_one_too_many_from_one_address() -> None:
    place = Place(max_connections_per_address=2)

    assert [] == place.enter("a", "b", address="192.0.2.1")
    assert [] == place.enter("d", address="192.0.2.2")
    place.admission.leave("a")
    assert [] == place.enter("c", address="192.0.2.1")
    assert [] == place.gone

    # Its oldest stranger goes: who holds all its places keeps no client out that shares it.
    assert [] == place.enter("e", address="192.0.2.1")
    assert ["b"] == place.gone
    for client in "ce":
        place.admission.logged_on(client)
    assert ["max_connections_per_address"] == place.enter("f", address="192.0.2.1")
    assert ["b"] == place.gone


def test_who_has_logged_on_counts_for_its_address() -> None:
    place = Place(max_connections_per_address=1)
    place.enter("a", address="192.0.2.1")
    place.admission.logged_on("a")

    assert ["max_connections_per_address"] == place.enter("b", address="192.0.2.1")


def test_one_stranger_too_many_ends_the_oldest() -> None:
    place = Place(max_unauthenticated_connections=2)
    place.enter("a", "b")

    assert [] == place.enter("c")
    assert ["a"] == place.gone
    assert 2 == place.admission.strangers == len(place.admission)


def test_of_a_flood_from_one_address_only_its_own_go() -> None:
    place = Place(max_unauthenticated_connections=5)
    place.enter("honest", address="192.0.2.1")
    place.enter(*"abcd", address="198.51.100.1")

    assert [] == place.enter(*"efgh", address="198.51.100.1")
    assert list("abcd") == place.gone


def test_clients_never_make_room() -> None:
    place = Place(max_connections=3, max_unauthenticated_connections=3)
    place.enter("a", "b", "c")
    for name in "ab":
        place.admission.logged_on(name)

    assert [] == place.enter("d")
    assert ["c"] == place.gone
    place.admission.logged_on("d")
    assert ["max_connections"] == place.enter("e")
    assert ["c"] == place.gone


def test_who_comes_through_a_load_balancer_is_counted_where_it_comes_from() -> None:
    place = Place(max_connections_per_address=1)
    for name in "abc":
        assert "" == place.admission.enter(name, "")

    assert "" == place.admission.move("a", "192.0.2.1")
    assert "" == place.admission.move("b", "192.0.2.1")
    assert ["a"] == place.gone
    assert "" == place.admission.move("c", "192.0.2.2")
    place.admission.logged_on("b")
    assert "" == place.admission.enter("d", "")
    assert "max_connections_per_address" == place.admission.move("d", "192.0.2.1")
    place.admission.leave("b")
    assert "" == place.admission.move("d", "192.0.2.1")
    assert ["a"] == place.gone


def test_nothing_is_kept_of_who_is_gone() -> None:
    place = Place()
    place.enter("a")

    assert place.admission.leave("a")
    assert not place.admission.leave("a")
    assert 0 == len(place.admission) == place.admission.strangers
    assert not place.admission._in_network


@pytest.mark.parametrize(
    ("told", "address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:1:2:3:4:5", "2001:db8:0:1:2:3:4:5", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::1", "fe80::/64"),
    ],
)
def test_addresses(told: str, address: str, counted: str) -> None:
    assert address == canonical(told)
    assert counted == network(address)


def test_who_was_refused_makes_room_first_and_who_is_known_last() -> None:
    place = Place(max_unauthenticated_connections=4, max_connections_per_address=4)
    place.standing = {"client": Standing.KNOWN, "bad1": Standing.REFUSED, "bad2": Standing.REFUSED}
    place.enter("client", "stranger1", "stranger2", address="192.0.2.1")
    place.enter("bad1", address="192.0.2.2")

    # Whether there is no room for strangers, or none at one address.
    assert [] == place.enter("stranger3", address="192.0.2.3")
    place.admission.leave("stranger3")
    place.enter("bad2", address="192.0.2.1")
    assert [] == place.enter("stranger4", address="192.0.2.1")
    assert ["bad1", "bad2"] == place.gone
    for number in (5, 6, 7):
        assert [] == place.enter(f"stranger{number}", address="192.0.2.1")
    assert ["stranger1", "stranger2", "stranger4"] == place.gone[2:]
