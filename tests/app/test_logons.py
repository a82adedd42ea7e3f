"""Who gets in by what, and what those who do not cost and change: on real sockets."""

import asyncio
import io
import shutil
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fixgw.acceptor.auth import backoff
from fixgw.acceptor.auth import password as passwords
from fixgw.acceptor.auth.backoff import FAILURES_MAX
from fixgw.acceptor.auth.password import hashed
from fixgw.app import logons
from fixgw.model.errors import SettingsError
from fixgw.runtime import few_lines, logs
from fixgw.runtime.clock import ManualClock, SystemClock
from fixgw.runtime.few_lines import LINES_PER_MINUTE, FewLines
from fixgw.runtime.settings import SettingsErrors
from tests.app.bench import CREDENTIALS, PASSWORD_ASKED, Client, Running, play, running, until
from tests.support import secrets
from tests.support.certificates import Authority
from tests.support.fixtext import fix
from tests.support.recorded import content
from tests.support.secrets import NEW_PASSWORD, SHORT_PASSWORD, WRONG_PASSWORD, raw_data, signed
from tests.support.tls_client import dial, trusting

LOGON = "35=A|98=0|108=30"
WRONG = f"553=jane|554={WRONG_PASSWORD}"
ELSEWHERE = "127.0.0.2"
FIXT = "BeginString=FIXT.1.1\nDefaultApplVerID=9\n"

TOKEN_ASKED = f"TokenSecretKeyID={secrets.TOKEN_KEY_ID}\nTokenSecretFile=token\n"
SIGNATURE_ASKED = f"SignatureKey={secrets.SIGNATURE_KEY}\nSignatureSecretFile=signature\n"


@pytest.fixture(autouse=True)
def _secret_files(tmp_path: Path) -> None:
    place = tmp_path / "sessions"
    place.mkdir()
    for name, text in (
        ("token", secrets.TOKEN_SECRET), ("signature", secrets.SIGNATURE_SECRET),
    ):
        (place / name).write_text(text)
        (place / name).chmod(0o600)


@pytest.fixture
def log() -> io.StringIO:
    """All that is logged, as an operator sees it."""
    stream = io.StringIO()
    logs.configure("debug", "console", stream)
    return stream


@pytest.fixture
def every_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left out of the log."""
    monkeypatch.setattr(FewLines.__init__, "__defaults__", (1_000, None, lambda: None))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refusals that are told at once, nearly."""
    monkeypatch.setattr(backoff, "FIRST_WAIT_SECONDS", 0.000_1)


async def refused(gateway: Running, more: str, comp_id: str = "ONE", **given: Any) -> None:
    """A Logon that is answered by closing, without a word."""
    client = await gateway.client(comp_id, **given)
    await client.send(f"{LOGON}|{more}")
    await client.expect_end()


async def let_in(gateway: Running, more: str, comp_id: str = "ONE", **given: Any) -> Client:
    """A client that has logged on and out, with the numbers that it goes on with."""
    client = await gateway.client(comp_id, next_out=gateway.numbers(comp_id)[1], **given)
    await client.log_on(more)
    await client.log_out()
    await until(gateway.gone(comp_id))
    return client


# --------------------------------------------------------- nothing before authentication


@pytest.mark.parametrize("settings", ["", "ResetOnLogon=Y\n"])
def test_a_stranger_who_asks_for_a_reset_changes_nothing(tmp_path: Path, settings: str) -> None:
    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": PASSWORD_ASKED + settings}) as gateway:
            client = await gateway.client()
            await client.log_on(CREDENTIALS)
            await client.orders("A")
            await client.expect("35=8|11=A|39=0")
            await client.log_out()
            await until(gateway.gone())
            before = gateway.numbers()
            assert (4, 4) == before

            await refused(gateway, f"141=Y|{WRONG}")
            await refused(gateway, "141=Y")
            await refused(gateway, f"141=Y|{CREDENTIALS}", "NOBODY")

            assert before == gateway.numbers()
            if not settings:
                # What it was told before is still there for it.
                client = await gateway.client(next_out=4)
                await client.log_on(CREDENTIALS)
                await client.send("35=2|7=2|16=2")
                await client.expect("35=8|34=2|43=Y|11=A")

    play(scenario())


def test_a_stranger_who_asks_for_a_reset_does_not_disturb_a_running_session(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": PASSWORD_ASKED}) as gateway:
            client = await gateway.client()
            await client.log_on(CREDENTIALS)

            await refused(gateway, f"141=Y|{WRONG}")
            await refused(gateway, f"141=Y|{CREDENTIALS}")

            await client.send("35=1|112=STILL HERE")
            await client.expect("35=0|34=2|112=STILL HERE")
            assert (3, 3) == gateway.numbers()

    play(scenario())


# -------------------------------------------------------------------------- a new password


@pytest.mark.parametrize(
    ("settings", "begin_string", "more", "answer"),
    [
        ("BeginString=FIX.4.2\n", "FIX.4.2", "", "35=A"),
        ("", "FIX.4.4", "", "35=A"),
        (FIXT, "FIXT.1.1", "|1137=9", "35=A|1409=1"),
    ],
)
def test_a_new_password_takes_the_place_of_the_old_one(
    tmp_path: Path, log: io.StringIO, settings: str, begin_string: str, more: str, answer: str
) -> None:
    sessions = {"ONE": PASSWORD_ASKED + settings}

    async def log_on(gateway: Running, credentials: str) -> Client:
        client = await gateway.client(next_out=gateway.numbers()[1])
        client.begin_string = begin_string
        await client.send(f"{LOGON}{more}|{credentials}")
        return client

    async def out(client: Client) -> None:
        await client.log_out()

    async def scenario() -> None:
        async with running(tmp_path, sessions=sessions) as gateway:
            client = await log_on(gateway, f"{CREDENTIALS}|925={NEW_PASSWORD}")
            told = await client.expect(answer)
            assert 58 not in told and (1409 in told) is ("1409" in answer)
            await out(client)
            await until(gateway.gone())
        # It is on record.
        async with running(tmp_path, sessions=sessions) as gateway:
            client = await log_on(gateway, CREDENTIALS)
            await client.expect_end()
            client = await log_on(gateway, f"553=jane|554={NEW_PASSWORD}")
            assert 1409 not in await client.expect("35=A")
            await out(client)
        written_since = f"Username=jane\nPasswordHash={hashed(secrets.PASSWORD)}\n" + settings
        async with running(tmp_path, sessions={"ONE": written_since}) as gateway:
            client = await log_on(gateway, f"553=jane|554={NEW_PASSWORD}")
            await client.expect_end()
            client = await log_on(gateway, CREDENTIALS)
            await client.expect("35=A")

    play(scenario())
    recorded = content(tmp_path / "journal")
    assert b"PasswordChanged" in recorded
    leaks = [each for each in secrets.CANARIES if each.encode() in recorded]
    assert [] == leaks + [each for each in secrets.CANARIES if each in log.getvalue()]


@pytest.mark.parametrize(
    ("asked", "given", "text"),
    [
        (
            PASSWORD_ASKED,
            f"{CREDENTIALS}|925={SHORT_PASSWORD}",
            "NewPassword(925) must have 12 to 128 characters; the password is unchanged",
        ),
        (
            PASSWORD_ASKED,
            f"{CREDENTIALS}|925={secrets.PASSWORD}",
            "NewPassword(925) is the same as Password(554); the password is unchanged",
        ),
        ("", f"925={NEW_PASSWORD}", "NewPassword(925): this session has no password"),
    ],
)
def test_a_new_password_that_will_not_do_is_refused_with_the_reason(
    tmp_path: Path, asked: str, given: str, text: str
) -> None:
    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": asked, "TWO": FIXT + asked}) as gateway:
            client = await gateway.client()
            await client.send(f"{LOGON}|{given}")
            assert 1409 not in await client.expect(f"35=5|58={text}")
            await client.expect_end()
            await until(gateway.gone())
            assert 1 == gateway.numbers()[1]
            await let_in(gateway, CREDENTIALS)

            client = await gateway.client("TWO")
            client.begin_string = "FIXT.1.1"
            await client.send(f"{LOGON}|1137=9|{given}")
            await client.expect(f"35=5|1409=3|58={text}")
            await client.expect_end()

    play(scenario())


def test_a_new_password_does_not_count_where_the_logon_does_not(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": PASSWORD_ASKED}) as gateway:
            client = await gateway.client()
            await client.send(f"35=A|98=0|108=99999|{CREDENTIALS}|925={NEW_PASSWORD}")
            await client.expect("35=5")
            await client.expect_end()
            await until(gateway.gone())

            await refused(gateway, f"553=jane|554={NEW_PASSWORD}")
            await let_in(gateway, CREDENTIALS)

    play(scenario())


def test_a_stranger_changes_no_password(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": PASSWORD_ASKED}) as gateway:
            await refused(gateway, f"{WRONG}|925={NEW_PASSWORD}")

            await let_in(gateway, CREDENTIALS)

    play(scenario())


# ------------------------------------------------------------------- tokens and signatures


def test_a_signed_token_is_good_once_also_after_a_restart(
    tmp_path: Path, quick: None, log: io.StringIO, every_line: None
) -> None:
    first, second = (raw_data(secrets.token(seconds=each)) for each in (100, 101))

    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": TOKEN_ASKED}) as gateway:
            await refused(gateway, raw_data(secrets.token(secret=secrets.WRONG_TOKEN_SECRET)))
            await refused(gateway, raw_data(secrets.token("A2")))
            await refused(gateway, "")
            await let_in(gateway, first)
            before = gateway.numbers()
            await refused(gateway, first)
            await refused(gateway, f"141=Y|{first}")
            assert before == gateway.numbers()
        async with running(tmp_path, sessions={"ONE": TOKEN_ASKED}) as gateway:
            await refused(gateway, first)
            assert before == gateway.numbers()
            await let_in(gateway, second)

    play(scenario())
    text = log.getvalue()
    for reason in ("bad_token", "wrong_token", "no_token", "token_used_before"):
        assert f"reason={reason}" in text
    assert [] == [each for each in secrets.CANARIES if each in text]


def test_a_token_that_was_refused_for_something_else_is_not_used_up(
    tmp_path: Path, quick: None
) -> None:
    token = raw_data(secrets.token())

    async def scenario() -> None:
        sessions = {"ONE": TOKEN_ASKED + PASSWORD_ASKED}
        async with running(tmp_path, sessions=sessions) as gateway:
            await refused(gateway, f"{token}|{WRONG}")
            await refused(gateway, CREDENTIALS)
            await let_in(gateway, f"{token}|{CREDENTIALS}")
            await refused(gateway, f"{token}|{CREDENTIALS}")

    play(scenario())


ANSWERED = "BeginString=FIX.4.2\nDialect=apifiny-fix42\n"
"""A dialect whose clients expect a Logout(35=5) where their Logon is refused."""


async def answer(gateway: Running, more: str, comp_id: str = "ONE") -> dict[int, str] | None:
    """What a Logon is answered with; None: nothing, and the connection is closed."""
    client = await gateway.client(comp_id)
    client.begin_string = "FIX.4.2"
    await client.send(f"{LOGON}|{more}")
    said = await client.receive()
    if said:
        await client.expect_end()
    return said or None


def test_a_dialect_may_have_a_refused_logon_answered(tmp_path: Path, quick: None) -> None:
    token, other = (raw_data(secrets.token(seconds=each)) for each in (100, 101))

    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": ANSWERED + TOKEN_ASKED}) as gateway:
            first = await gateway.client()
            first.begin_string = "FIX.4.2"
            await first.log_on(token)
            before = gateway.numbers()

            for said, text in (
                (await answer(gateway, other), "already connected"),
                (await answer(gateway, token), "the token was used before"),
            ):
                assert said is not None
                assert ("5", text) == (said[35], said[58])
            # They took nothing of the session that is there.
            assert before == gateway.numbers()
            await first.log_out()

    play(scenario())


def test_strangers_hear_nothing_in_such_a_dialect_either(tmp_path: Path, quick: None) -> None:
    async def scenario() -> None:
        sessions = {"ONE": ANSWERED + TOKEN_ASKED, "OPEN": ANSWERED}
        async with running(tmp_path, sessions=sessions) as gateway:
            forged = raw_data(secrets.token(secret=secrets.WRONG_TOKEN_SECRET))
            for more in ("", forged, raw_data(secrets.token("A2")), "999=x"):
                assert await answer(gateway, more) is None
            assert await answer(gateway, raw_data(secrets.token()), "NOBODY") is None
            # Who has to show nothing is anybody.
            there = await gateway.client("OPEN")
            there.begin_string = "FIX.4.2"
            await there.log_on()
            assert await answer(gateway, "", "OPEN") is None

    play(scenario())


def test_a_logon_that_the_dictionary_refuses_is_answered_there_too(
    tmp_path: Path, quick: None
) -> None:
    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": ANSWERED + TOKEN_ASKED}) as gateway:
            said = await answer(gateway, f"{raw_data(secrets.token())}|553=jane")
            assert said is not None
            assert "5" == said[35]
            assert "(553)" in said[58]

    play(scenario())


def test_outside_its_hours_it_is_answered_there_too(tmp_path: Path, quick: None) -> None:
    now = datetime.now(UTC)
    opens, closes = (now + timedelta(hours=hours) for hours in (6, 12))
    hours = f"NonStopSession=N\nStartTime={opens:%H:%M:%S}\nEndTime={closes:%H:%M:%S}\n"

    async def scenario() -> None:
        sessions = {"ONE": ANSWERED + TOKEN_ASKED + hours}
        async with running(tmp_path, sessions=sessions) as gateway:
            said = await answer(gateway, raw_data(secrets.token()))
            assert said is not None
            assert ("5", "Logon outside StartTime and EndTime") == (said[35], said[58])

    play(scenario())


def test_of_two_connections_with_one_token_one_gets_in(tmp_path: Path, quick: None) -> None:
    token = raw_data(secrets.token())

    async def scenario() -> None:
        sessions = {"ONE": TOKEN_ASKED + PASSWORD_ASKED}
        async with running(tmp_path, sessions=sessions) as gateway:
            both = [await gateway.client(source=s) for s in ("127.0.0.1", ELSEWHERE)]
            for client in both:
                await client.send(f"{LOGON}|{token}|{CREDENTIALS}")

            answers = [await client.receive() for client in both]

            assert ["A"] == [each[35] for each in answers if each]
            assert 2 == gateway.numbers()[1]

    play(scenario())


def test_a_signed_nonce_must_rise_also_after_a_restart(
    tmp_path: Path, quick: None, log: io.StringIO, every_line: None
) -> None:
    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": SIGNATURE_ASKED}) as gateway:
            await refused(gateway, signed(1, secret=secrets.WRONG_SIGNATURE_SECRET))
            await refused(gateway, signed(1, seconds=-120))
            await let_in(gateway, signed(10))
            await refused(gateway, signed(10))
            await refused(gateway, signed(9))
            await let_in(gateway, signed(11))
        async with running(tmp_path, sessions={"ONE": SIGNATURE_ASKED}) as gateway:
            await refused(gateway, signed(11))
            await let_in(gateway, signed(12))
        other_key = SIGNATURE_ASKED.replace(secrets.SIGNATURE_KEY, "another key")
        async with running(tmp_path, sessions={"ONE": other_key}) as gateway:
            good = signed(1).replace(secrets.SIGNATURE_KEY, "another key")
            await let_in(gateway, good)

    play(scenario())
    text = log.getvalue()
    for reason in ("wrong_signature", "timestamp_out_of_bounds", "nonce_not_above_the_last"):
        assert f"reason={reason}" in text


# ------------------------------------------------------------ addresses and certificates


def test_a_client_comes_from_where_it_may(
    tmp_path: Path, quick: None, log: io.StringIO
) -> None:
    async def scenario() -> None:
        allowed = "AllowedRemoteAddresses=127.0.0.2, 127.0.1.0/24\n"
        async with running(tmp_path, sessions={"ONE": allowed}) as gateway:
            await refused(gateway, "")
            await let_in(gateway, "", source=ELSEWHERE)
            await let_in(gateway, "", source="127.0.1.77")

    play(scenario())
    assert "reason=address_not_allowed" in log.getvalue()


def test_a_client_shows_the_certificate_of_its_session(
    tmp_path: Path, log: io.StringIO
) -> None:
    authority = Authority(tmp_path)
    pair = authority.issue("localhost", "DNS:localhost")
    for source, name in (
        (pair.certificate, "gateway.crt"), (pair.key, "gateway.key"),
        (authority.certificate, "clients.crt"),
    ):
        shutil.copy(source, tmp_path / "sessions" / name)
    tables = (
        '[listener.tls]\ncertificate = "gateway.crt"\nkey = "gateway.key"\n'
        'client_ca = "clients.crt"\nclient_certificate = "optional"\n'
    )
    right, wrong = authority.issue("oms-one"), authority.issue("oms-two")

    async def answer(gateway: Running, shown: Any) -> bytes:
        client = await dial(gateway.acceptor.port, trusting(authority, shown))
        try:
            now = Client(client.sock, "ONE").now()
            next_out = gateway.numbers()[1]
            text = f"8=FIX.4.4|35=A|34={next_out}|49=ONE|52={now}|56=FIXGW|98=0|108=30"
            await client.send(fix(text))
            return await client.receive()
        finally:
            client.close()

    async def scenario() -> None:
        sessions = {"ONE": "CertificateNames=oms-one\n"}
        async with running(tmp_path, sessions=sessions, tables=tables) as gateway:
            assert b"" == await answer(gateway, None)
            assert b"" == await answer(gateway, wrong)
            assert (1, 1) == gateway.numbers()
            assert b"\x0135=A\x01" in await answer(gateway, right)

    play(scenario())
    assert "no_certificate" in log.getvalue() and "wrong_certificate" in log.getvalue()


def test_certificate_names_where_nobody_is_asked_for_a_certificate(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": "CertificateNames=oms-one\n"}):
            pass

    with pytest.raises(SettingsErrors) as caught:
        play(scenario())
    (error,) = caught.value.errors
    assert isinstance(error, SettingsError)
    assert "ONE.cfg:9: CertificateNames: clients are not asked" in str(error)


# ------------------------------------------------------------------------------ the log


def test_how_each_connection_ended_is_one_line_of_the_log(
    tmp_path: Path, quick: None, log: io.StringIO, every_line: None
) -> None:
    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": PASSWORD_ASKED}) as gateway:
            await refused(gateway, WRONG)
            await let_in(gateway, CREDENTIALS)
            outside = await gateway.client(next_out=gateway.numbers()[1])
            await outside.send(f"35=A|98=0|108=999|{CREDENTIALS}")
            await outside.expect("35=5")
            await outside.expect_end()
            await until(gateway.gone())
            lost = await gateway.client(next_out=gateway.numbers()[1])
            await lost.log_on(CREDENTIALS)
            lost.close()
            await until(lambda: not gateway.acceptor.connections)

    play(scenario())
    ends = [
        (event, reason)
        for line in log.getvalue().splitlines()
        if "peer=127.0.0.1" in line
        for event, reason in [(line.split("]")[1].split()[0], line.partition("reason=")[2])]
        if event not in ("connected", "logged_on")
    ]
    assert ["logon_refused", "logged_out", "logon_refused", "connection_lost"] == [
        event for event, _ in ends
    ]
    for (_, reason), told in zip(
        ends, ("wrong_password", "Logout", "HeartBtInt(108) 999", "closed by the client"),
        strict=True,
    ):
        assert told in reason


# ---------------------------------------------------------------------------- attackers


def test_an_address_that_fails_too_often_is_not_looked_at_and_a_client_elsewhere_is(
    tmp_path: Path, quick: None, log: io.StringIO, every_line: None
) -> None:
    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": PASSWORD_ASKED}) as gateway:
            for _ in range(FAILURES_MAX):
                await refused(gateway, WRONG, source=ELSEWHERE)

            await refused(gateway, CREDENTIALS, source=ELSEWHERE)
            await refused(gateway, CREDENTIALS, "NOBODY", source=ELSEWHERE)
            lines = [line for line in log.getvalue().splitlines() if "logon_refused" in line]
            assert 2 == sum("reason=too_many_failures" in line for line in lines)
            await let_in(gateway, CREDENTIALS)

    play(scenario())


def test_a_client_that_logged_on_before_is_not_shut_out_by_its_neighbour(
    tmp_path: Path, quick: None
) -> None:
    async def scenario() -> None:
        sessions = {"ONE": PASSWORD_ASKED, "TWO": PASSWORD_ASKED}
        async with running(tmp_path, sessions=sessions) as gateway:
            await let_in(gateway, CREDENTIALS)
            for _ in range(FAILURES_MAX):
                await refused(gateway, WRONG, "TWO")

            await refused(gateway, CREDENTIALS, "TWO")
            await let_in(gateway, CREDENTIALS)

    play(scenario())


def test_who_needs_no_password_is_not_slowed_down_by_those_who_guess_one(
    tmp_path: Path, quick: None
) -> None:
    async def scenario() -> None:
        sessions = {"ONE": PASSWORD_ASKED, "TWO": "", "THREE": TOKEN_ASKED}
        async with running(tmp_path, sessions=sessions) as gateway:
            for _ in range(FAILURES_MAX):
                await refused(gateway, WRONG)

            await let_in(gateway, "", "TWO")
            await let_in(gateway, raw_data(secrets.token()), "THREE")

    play(scenario())


def test_a_long_first_message_costs_no_more_than_a_short_one(
    tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stranger's 8 KB of small fields must not take the time of those who trade."""
    steps: list[int] = []

    def counting(knock: Any) -> Any:
        def counted(connection: Any) -> None:
            steps.append(0)

            def step(*_: Any) -> Any:
                steps[-1] += 1
                return step

            before = sys.gettrace()
            sys.settrace(step)
            try:
                knock(connection)
            finally:
                sys.settrace(before)

        return counted

    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": PASSWORD_ASKED}) as gateway:
            door_ = gateway.gateway._door
            monkeypatch.setattr(door_, "first_message", counting(door_.first_message))
            for more in ("", "1=1|" * 1_900):
                await refused(gateway, f"{more}{WRONG}", "NOBODY")

    play(scenario())
    short, long = steps[0], steps[-1]
    assert long <= 2 * short


def test_every_refusal_costs_the_same_work(
    tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked_on: list[bool] = []
    check = passwords.check

    def counted(password_hash: str | None, *rest: Any) -> Any:
        worked_on.append(password_hash is not None)
        return check(password_hash, *rest)

    monkeypatch.setattr(passwords, "check", counted)

    async def scenario() -> None:
        sessions = {
            "ONE": PASSWORD_ASKED, "TWO": TOKEN_ASKED,
            "THREE": "AllowedRemoteAddresses=127.0.0.9\n",
        }
        async with running(tmp_path, sessions=sessions) as gateway:
            for comp_id in ("ONE", "TWO", "THREE", "NOBODY"):
                await refused(gateway, WRONG, comp_id)

    play(scenario())
    assert [True, False, False, False] == worked_on


def test_no_refusal_is_told_before_the_longest_check_would_be_over(
    tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password dearer than others must not tell by its time that its session is there."""
    long = 0.3
    decide = logons.decide

    def slow_for_jane(looked: Any, username: str, *rest: Any) -> Any:
        time.sleep(long if username else 0.0)
        return decide(looked, username, *rest)

    monkeypatch.setattr(logons, "decide", slow_for_jane)

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        async with running(tmp_path, sessions={"ONE": PASSWORD_ASKED}) as gateway:
            await refused(gateway, WRONG)
            began = loop.time()
            await refused(gateway, WRONG, "NOBODY", source=ELSEWHERE)
            assert loop.time() - began >= long

    play(scenario())


def test_a_client_is_let_in_while_a_flood_from_elsewhere_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "FAILURES_MAX", 10**6)
    tables = "[limits]\nmax_connections_per_address = 200\nmax_connections = 500\n" \
        "max_unauthenticated_connections = 400\n"

    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": PASSWORD_ASKED}, tables=tables) as gateway:
            flood = [await gateway.client(source=ELSEWHERE) for _ in range(150)]
            for stranger in flood:
                await stranger.send(f"{LOGON}|{WRONG}")
            await until(lambda: len(gateway.gateway._door._turns) > 100)

            await let_in(gateway, CREDENTIALS)

            assert gateway.gateway._door._visits, "the flood was over before"

    play(scenario())


@pytest.mark.parametrize("asked", ["", PASSWORD_ASKED])
def test_what_comes_behind_a_logon_just_accepted_does_not_start_another_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    """It would find its own session "already connected", and end it."""
    decided: list[object] = []
    decide = logons.decide
    monkeypatch.setattr(logons, "decide", lambda *a: decided.append(a) or decide(*a))

    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": asked}) as gateway:
            at_the_door = gateway.gateway._door
            wake = at_the_door._wake

            def more_has_come() -> None:
                for connection in gateway.acceptor.connections:
                    gateway.gateway.arrived(connection)
                wake()

            at_the_door._wake = more_has_come
            client = await gateway.client()
            await client.log_on(CREDENTIALS)
            await asyncio.sleep(0.2)
            await client.send("35=1|112=HELLO")
            await client.expect("35=0|112=HELLO")
            assert not at_the_door._visits

    play(scenario())
    assert len(decided) == bool(asked)


def test_more_than_can_wait_are_turned_away_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: io.StringIO, every_line: None
) -> None:
    monkeypatch.setattr(logons, "WAITING_MAX", 3)

    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": PASSWORD_ASKED}) as gateway:
            flood = [await gateway.client(source=ELSEWHERE) for _ in range(15)]
            for stranger in flood:
                await stranger.send(f"{LOGON}|{WRONG}")
            for stranger in flood:
                await stranger.expect_end()

            await let_in(gateway, CREDENTIALS)

    play(scenario())
    assert "reason=too_many_waiting" in log.getvalue()


def test_a_client_that_logs_on_and_off_without_end_does_not_fill_the_log(
    tmp_path: Path, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(few_lines, "MINUTE", 3_600)  # it does not end while this test lasts

    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": "", "TWO": ""}) as gateway:
            for _ in range(LINES_PER_MINUTE):
                await let_in(gateway, "")
            await let_in(gateway, "", "TWO")

    play(scenario())
    lines = log.getvalue().splitlines()
    told = [line for line in lines if "logged_on" in line or "logged_out" in line]
    assert LINES_PER_MINUTE == len([line for line in told if "->ONE" in line])
    assert 2 == len([line for line in told if "->TWO" in line])


def test_a_flood_of_refusals_does_not_fill_the_log(
    tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(few_lines, "SECOND", 3_600)  # the test ends it itself
    log = io.StringIO()
    logs.configure("info", "console", log)

    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": PASSWORD_ASKED}) as gateway:
            for _ in range(200):
                await refused(gateway, WRONG, source=ELSEWHERE)
            gateway.gateway._door._log._next()
            assert "lines_left_out" in log.getvalue()

    play(scenario())
    assert len(log.getvalue().splitlines()) < 150


def test_a_bug_in_a_check_refuses_that_logon_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": PASSWORD_ASKED}) as gateway:
            gateway.meets_bugs = True
            with monkeypatch.context() as planted:
                planted.setattr(logons, "decide", broken)
                client = await gateway.client()
                await client.send(f"{LOGON}|{CREDENTIALS}")
                await client.expect_end()
            assert ["ZeroDivisionError: a bug"] == [each.error for each in gateway.refused]
            assert secrets.PASSWORD.encode() not in gateway.refused[0].content
            client = await gateway.client()
            await client.log_on(CREDENTIALS)

    play(scenario())


# ------------------------------------------------------------- ResetSeqNumFlag(141) as policy


@pytest.fixture
def traded(tmp_path: Path) -> Iterator[Any]:
    """A scenario's beginning: a client that has traded, and its numbers."""

    async def begin(gateway: Running) -> tuple[int, int]:
        client = await gateway.client(next_out=gateway.numbers()[1])
        await client.log_on()
        await client.orders(f"A{gateway.numbers()[1]}")
        await client.expect("35=8|39=0")
        await client.log_out()
        await until(gateway.gone())
        return gateway.numbers()

    yield begin


def test_a_reset_that_is_never_allowed_is_refused_and_changes_nothing(
    tmp_path: Path, traded: Any
) -> None:
    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": "ResetSeqNumFlag=never\n"}) as gateway:
            ours, theirs = await traded(gateway)

            client = await gateway.client()
            await client.send(f"{LOGON}|141=Y")
            await client.expect(
                f"35=5|34={ours}|58=ResetSeqNumFlag(141)=Y is not allowed on this session; "
                f"log on without it, expecting MsgSeqNum(34) {theirs}"
            )
            await client.expect_end()
            await until(gateway.gone())

            # The Logout took a number of ours; the client finds the gap and closes it.
            assert (ours + 1, theirs) == gateway.numbers()
            client = await gateway.client(next_out=theirs)
            await client.log_on()
            await client.send("35=2|7=2|16=2")
            await client.expect("35=8|34=2|43=Y|11=A2|39=0")

    play(scenario())


def test_a_reset_is_allowed_once_a_day_also_after_a_restart(tmp_path: Path, traded: Any) -> None:
    async def scenario() -> None:
        sessions = {"ONE": "ResetSeqNumFlag=daily\n"}
        clock = ManualClock(SystemClock().now_ms())  # midnight does not come
        async with running(tmp_path, clock=clock, sessions=sessions) as gateway:
            client = await gateway.client()
            # There is nothing yet that it could lose: that does not count.
            await client.log_on("141=Y")
            await client.log_out()
            await until(gateway.gone())
            client = await gateway.client()
            await client.log_on("141=Y")
            assert (2, 2) == gateway.numbers()
            await client.log_out()
            await until(gateway.gone())
        async with running(tmp_path, clock=clock, sessions=sessions) as gateway:
            before = await traded(gateway)
            client = await gateway.client()
            await client.send(f"{LOGON}|141=Y")
            answer = await client.expect("35=5")
            await client.expect_end()
            assert "not allowed again in this trading day" in answer[58]
            await until(gateway.gone())
            assert before[1] == gateway.numbers()[1]
            await traded(gateway)

    play(scenario())
