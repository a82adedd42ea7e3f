"""Whose turn it is, and who is turned away."""

from fixgw.acceptor.auth.turns import Turns


def order(turns: Turns[str]) -> list[str]:
    return list(iter(turns.next, None))


def test_one_of_each_address_in_turn() -> None:
    turns: Turns[str] = Turns(10)
    for who in ("a1", "a2", "a3", "b1", "c1", "b2"):
        assert turns.add(who, who[0], known=False) is None

    assert ["a1", "b1", "c1", "a2", "b2", "a3"] == order(turns)
    assert 0 == len(turns)


def test_known_clients_go_first() -> None:
    turns: Turns[str] = Turns(10)
    turns.add("stranger", "a", known=False)
    turns.add("client", "b", known=True)

    assert ["client", "stranger"] == order(turns)


def test_a_flood_from_one_address_turns_itself_away() -> None:
    turns: Turns[str] = Turns(3)
    for number in range(3):
        turns.add(f"flood{number}", "a", known=False)

    assert "flood3" == turns.add("flood3", "a", known=False)
    assert "flood2" == turns.add("somebody else", "b", known=False)
    assert ["flood0", "somebody else", "flood1"] == order(turns)


def test_a_known_client_is_not_turned_away_for_a_stranger() -> None:
    turns: Turns[str] = Turns(2)
    turns.add("client1", "a", known=True)
    turns.add("client2", "a", known=True)

    assert "stranger" == turns.add("stranger", "b", known=False)
    assert "client3" == turns.add("client3", "a", known=True)
    assert ["client1", "client2"] == order(turns)


def test_who_goes_away_leaves_the_place_to_others() -> None:
    turns: Turns[str] = Turns(2)
    turns.add("gone", "a", known=False)
    turns.add("client", "b", known=False)
    for _ in range(2):
        turns.discard("gone", "a", known=False)

    assert turns.add("next", "a", known=False) is None
    assert ["client", "next"] == order(turns)
    assert 0 == len(turns)
