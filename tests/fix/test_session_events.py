"""What a session tells its caller, over a whole connection."""

from fixgw.fix.message import Message
from fixgw.fix.session_events import Agreed, Application, Disconnect, Left, LoggedOn, LoggedOut
from tests.support.session import ORDER, Exchange


def test_the_facts_of_a_connection_in_their_order() -> None:
    exchange = Exchange()
    session, now = exchange.session, exchange.clock.now()

    def parsed(text: str) -> Message:
        return exchange.dictionary.parse(exchange.whole(text))

    logon = parsed("35=A|34=1|98=0|108=30")
    order = parsed(f"35=D|34=2|11=C1|{ORDER}")
    session.connect(now)
    session.receive(logon, now)
    session.receive(order, now)
    session.receive(parsed("35=5|34=3"), now)
    session.disconnected(now)
    session.disconnected(now)

    assert session.facts == [
        LoggedOn(), Agreed(), Application(order),
        Left(logout=True), Disconnect("Logout"), LoggedOut(),
    ]
