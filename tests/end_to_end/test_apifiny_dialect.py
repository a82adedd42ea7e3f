"""Clients of Apifiny's own FIX API need not change: its FIX 4.2, as the manual shows it.

The client is QuickFIX with its stock FIX 4.2 dictionary, and one value more: the manual's 7 of
TimeInForce(59). All else that the gateway answers must be good by the standard.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterator

import pytest

from fixgw.fix.dictionary import find_dictionary
from tests.support.quickfix_initiator import FIX42, Initiator, utc_now
from tests.support.stack import Stack
from tests.support.story import body, fields

SEVEN = "<value enum='7' description='POST_ONLY'/>"

PASSIVE, TAKING = "45000", "51000"


def signature() -> str:
    """The manual's get_signature('Fix', …): some JWT; who may log on is decided by CompIDs."""
    text = ".".join(
        urlsafe_b64encode(part).rstrip(b"=").decode()
        for part in (b'{"alg":"HS256"}', b'{"method":"Fix","accountId":"STA-00000001"}')
    )
    seal = hmac.new(b"API_Secret_Key", text.encode(), hashlib.sha256).digest()
    return f"{text}.{urlsafe_b64encode(seal).rstrip(b'=').decode()}"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    directory = tmp_path_factory.mktemp("dialect") / "stack"
    with Stack(directory, sessions=("demo42-apifiny",)) as stack:
        stack.venue.sell("5", "50000")
        yield stack


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[Initiator]:
    logon = f"95={len(signature())}|96={signature()}"
    directory = stack.directory / "client"
    dictionary = stack.directory / "FIX42-apifiny.xml"
    stock = find_dictionary("FIX42.xml").read_text()
    value = next(line for line in stock.splitlines() if "GOOD_TILL_DATE" in line)
    dictionary.write_text(stock.replace(value, f"{value}\n{SEVEN}", 1))
    version = FIX42._replace(comp_id="CLIENT42APIFINY", dictionary=str(dictionary))
    with Initiator(version, stack.port, directory, logon=logon) as client:
        yield client
        assert [] == [message for message in client.messages if message.msg_type in ("3", "j")]


def new_order(name: str, *, price: str = PASSIVE, tif: str = "1", exchange: str = "VENUE1") -> str:
    """ "New Order": all fields of the manual's sample."""
    return (
        f"35=D|11={name}|55=BTCUSDT|21=1|40=2|59={tif}|60={utc_now()}|54=1|44={price}|"
        f"1=STA-00000001|38=0.5|207={exchange}|58=new Order|"
    )


def cancel(name: str) -> str:
    """ "Cancel Order": ClOrdID(11) names the order; no 41, 55, 54 and 60."""
    return f"35=F|11={name}|1=STA-00000001|207=VENUE1|58=Cancel Order|"


def status(name: str) -> str:
    """ "Query order status": without 55 and 54."""
    return f"35=H|11={name}|1=STA-00000001|207=VENUE1|"


def test_an_order_names_its_venue_and_its_account(client: Initiator) -> None:
    client.send(new_order("NEW"))
    new = client.wait_for("35=8|11=NEW|39=0")
    client.send(cancel("NEW"))

    assert ("VENUE1", "STA-00000001") == (new[207], new[1])
    assert "4" == client.wait_for("35=8|11=NEW|150=4")[39]


def test_a_venue_that_is_not_configured_is_rejected(client: Initiator) -> None:
    client.send(new_order("ELSEWHERE", exchange="VENUE2"))
    rejected = client.wait_for("35=8|11=ELSEWHERE")

    assert ("8", "8") == (rejected[39], rejected[150])
    assert "VENUE2" in rejected[58]


def test_a_list_of_what_is_allowed_is_the_manuals(client: Initiator) -> None:
    client.send(new_order("FOK", tif="4"))

    told = client.wait_for("35=8|11=FOK|150=8")[58]
    assert told == "TimeInForce(59) 4 is not taken by the venue; allowed: 1, 3, 7"


def test_a_cancel_names_the_order_by_its_cl_ord_id(client: Initiator) -> None:
    client.send(new_order("CANCEL-ME"))
    order = client.wait_for("35=8|11=CANCEL-ME|39=0")[37]
    client.send(cancel("CANCEL-ME"))
    client.wait_for("35=8|11=CANCEL-ME|39=4")

    terms = (
        f"11=CANCEL-ME|37={order}|198=00000001{order}|1=STA-00000001|207=VENUE1|55=BTCUSDT|54=1|"
        "38=0.5|40=2|44=45000|59=1|14=0|6=0|20=0"
    )
    assert [
        fields(f"{terms}|17={order}-4|150=4|39=4|151=0"),
    ] == [body(report) for report in client.reports("CANCEL-ME")[1:]]


def test_exec_types_are_those_of_the_manual(client: Initiator) -> None:
    client.send(new_order("TYPES"))
    client.wait_for("35=8|11=TYPES|39=0")
    client.send(cancel("TYPES"))
    client.wait_for("35=8|11=TYPES|39=4")

    assert ["0", "4"] == [report[150] for report in client.reports("TYPES")]


def test_a_cancel_of_nothing_is_refused(client: Initiator) -> None:
    client.send(cancel("NO-SUCH-ORDER"))
    refused = client.wait_for("35=9|11=NO-SUCH-ORDER")

    assert ("NONE", "1", "1", "8") == (refused[37], refused[102], refused[434], refused[39])


def test_a_status_request_needs_neither_symbol_nor_side(client: Initiator) -> None:
    client.send(new_order("HOW"))
    client.wait_for("35=8|11=HOW|39=0")
    client.send(status("HOW"))
    answer = client.wait_for("35=8|11=HOW|20=3")
    client.send(cancel("HOW"))
    client.wait_for("35=8|11=HOW|39=4")

    assert ("0", "0", "BTCUSDT", "1") == (answer[39], answer[17], answer[55], answer[54])


def test_7_is_post_only_and_rests(stack: Stack, client: Initiator) -> None:
    client.send(new_order("POST", tif="7"))
    new = client.wait_for("35=8|11=POST|39=0")
    (order,) = [row["order"] for row in stack.venue.orders() if row["order"]["orderId"] == new[198]]
    client.send(cancel("POST"))
    client.wait_for("35=8|11=POST|39=4")

    assert "7" == new[59]
    assert (7, "SUBMITTED") == (order["timeInForce"], order["orderStatus"])


def test_7_is_rejected_where_it_would_take(client: Initiator) -> None:
    client.send(new_order("TAKES", tif="7", price=TAKING))
    last = client.wait_for(lambda m: m.get(11) == "TAKES" and m.get(39) not in ("A", "0"))

    assert ("8", "0", "0") == (last[39], last[14], last[151])


def test_3_is_immediate_or_cancel(client: Initiator) -> None:
    client.send(new_order("IOC-TAKES", tif="3", price=TAKING))
    filled = client.wait_for("35=8|11=IOC-TAKES|39=2")
    client.send(new_order("IOC-NOT", tif="3"))
    canceled = client.wait_for("35=8|11=IOC-NOT|39=4")

    # "Price of the fill if ExecType indicates a fill"; there is no LastPx(31) in the manual.
    assert ("2", "0.5", "50000") == (filled[150], filled[32], filled[44])
    assert filled.get(31) is None
    assert ("4", "0") == (canceled[150], canceled[14])
