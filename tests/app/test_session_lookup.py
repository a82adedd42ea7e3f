"""Which session a Logon names, by its header."""

from pathlib import Path
from typing import Any

import pytest

from fixgw.app.session_lookup import SessionLookup
from fixgw.fix.wire import header_fields
from fixgw.model.ids import SessionKey
from fixgw.runtime.session_settings import SessionSettings
from tests.app.bench import play, running
from tests.support.session import settings

LOGON = "8=FIX.4.4|35=A|49=CLIENT|56=FIXGW"


def named(name: str, **changes: Any) -> SessionSettings:
    return settings(key=SessionKey(name), **changes)


PLAIN = named("plain")
DESK = named("desk", target_sub_id="DESK")
DESK_IN_NEW_YORK = named("desk, NYC", target_sub_id="DESK", target_location_id="NYC")
OUR_BOOK = named("our book", sender_sub_id="BOOK")

ALL = (PLAIN, DESK, DESK_IN_NEW_YORK, OUR_BOOK)


def found(sessions: tuple[SessionSettings, ...], logon: str) -> str | None:
    return SessionLookup(sessions).find(header_fields(logon.replace("|", "\x01").encode()))


@pytest.mark.parametrize(
    ("logon", "key"),
    [
        (LOGON, "plain"),
        (f"{LOGON}|50=DESK", "desk"),
        (f"{LOGON}|50=DESK|142=LDN", "desk"),
        (f"{LOGON}|50=DESK|142=NYC", "desk, NYC"),
        (f"{LOGON}|57=BOOK", "our book"),
        # Both want one field; the client's own counts first.
        (f"{LOGON}|50=DESK|57=BOOK", "desk"),
        # A SubID that no session has: many clients send their trader's name.
        (f"{LOGON}|50=JANE|142=NYC|57=ANY|143=ANY", "plain"),
        (LOGON.replace("CLIENT", "STRANGER"), None),
        (LOGON.replace("FIX.4.4", "FIX.4.2"), None),
        (LOGON.replace("FIXGW", "OTHER"), None),
        ("35=A", None),
    ],
)
@pytest.mark.parametrize("sessions", [ALL, ALL[::-1]], ids=["as written", "reversed"])
def test_the_session_that_wants_most_of_what_is_there(
    sessions: tuple[SessionSettings, ...], logon: str, key: str | None
) -> None:
    assert key == found(sessions, logon)


def test_where_all_sessions_have_a_sub_id_another_is_nobodys() -> None:
    assert None is found((DESK, OUR_BOOK), LOGON)
    assert None is found((DESK, OUR_BOOK), f"{LOGON}|50=desk")


def test_a_star_is_a_name_like_any_other() -> None:
    """A template is sessions for known clients by the time it comes here."""
    star = named("star", target_comp_id="*")

    assert None is found((star,), LOGON)
    assert "star" == found((star,), LOGON.replace("CLIENT", "*"))


def test_sessions_come_and_go() -> None:
    identities = SessionLookup([PLAIN])
    identities.add(DESK)
    fields = header_fields(f"{LOGON}|50=DESK".replace("|", "\x01").encode())
    assert "desk" == identities.find(fields)

    identities.remove(DESK)
    assert "plain" == identities.find(fields)
    identities.remove(PLAIN)
    assert None is identities.find(fields)


# ------------------------------------------------------------------- over real sockets


def test_clients_of_one_name_have_a_session_for_each_desk(tmp_path: Path) -> None:
    async def scenario() -> None:
        at_desk = "TargetCompID=ONE\nTargetSubID=DESK\nSenderLocationID=LDN\n"
        async with running(tmp_path, sessions={"ONE": "", "DESK": at_desk}) as gateway:
            plain, desk, jane = [await gateway.client("ONE") for _ in range(3)]
            assert 57 not in await plain.log_on()
            # The desk's own session; what we send names it.
            await desk.send("35=A|50=DESK|143=LDN|98=0|108=30")
            await desk.expect("35=A|34=1|49=FIXGW|142=LDN|56=ONE|57=DESK")
            # A third is nobody but ONE, who is here already.
            await jane.send("35=A|50=JANE|98=0|108=30")
            await jane.expect_end()
            await desk.orders("A")
            await desk.expect("35=8|34=2|57=DESK|11=A|39=0")

    play(scenario())
