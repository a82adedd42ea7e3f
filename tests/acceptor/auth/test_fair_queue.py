"""Whose turn it is, and who is turned away."""

from fixgw.acceptor.auth.fair_queue import FairQueue
from fixgw.runtime.admission import Standing

KNOWN, STRANGER, REFUSED = Standing.KNOWN, Standing.STRANGER, Standing.REFUSED


def order(turns: FairQueue[str]) -> list[str]:
    return list(iter(turns.next, None))


def test_one_of_each_address_in_turn() -> None:
    turns: FairQueue[str] = FairQueue(10)
    for who in ("a1", "a2", "a3", "b1", "c1", "b2"):
        assert turns.add(who, who[0], STRANGER) is None

    assert ["a1", "b1", "c1", "a2", "b2", "a3"] == order(turns)
    assert 0 == len(turns)


def test_known_clients_go_first() -> None:
    turns: FairQueue[str] = FairQueue(10)
    turns.add("stranger", "a", STRANGER)
    turns.add("client", "b", KNOWN)

    assert ["client", "stranger"] == order(turns)


def test_who_was_refused_lately_waits_behind_all_others_and_is_turned_away_first() -> None:
    turns: FairQueue[str] = FairQueue(4)
    for number in range(4):
        turns.add(f"flood{number}", f"address {number}", REFUSED)

    assert "flood0" == turns.add("stranger", "a", STRANGER)
    assert "flood1" == turns.add("client", "b", KNOWN)
    assert "flood2" == turns.add("another", "c", STRANGER)
    assert "flood3" == turns.add("once more", "d", STRANGER)
    assert "flood" == turns.add("flood", "e", REFUSED)
    assert ["client", "stranger", "another", "once more"] == order(turns)


def test_a_flood_from_one_address_turns_itself_away() -> None:
    turns: FairQueue[str] = FairQueue(3)
    for number in range(3):
        turns.add(f"flood{number}", "a", STRANGER)

    assert "flood3" == turns.add("flood3", "a", STRANGER)
    assert "flood2" == turns.add("somebody else", "b", STRANGER)
    assert ["flood0", "somebody else", "flood1"] == order(turns)


def test_a_known_client_is_not_turned_away_for_a_stranger() -> None:
    turns: FairQueue[str] = FairQueue(2)
    turns.add("client1", "a", KNOWN)
    turns.add("client2", "a", KNOWN)

    assert "stranger" == turns.add("stranger", "b", STRANGER)
    assert "client3" == turns.add("client3", "a", KNOWN)
    assert ["client1", "client2"] == order(turns)


def test_who_goes_away_leaves_the_place_to_others() -> None:
    turns: FairQueue[str] = FairQueue(2)
    turns.add("gone", "a", STRANGER)
    turns.add("client", "b", STRANGER)
    for _ in range(2):
        turns.discard("gone", "a", STRANGER)

    assert turns.add("next", "a", STRANGER) is None
    assert ["client", "next"] == order(turns)
    assert 0 == len(turns)
