"""No secret is ever written: a run with every kind of credential, good and bad, and then a grep.

Looked through are the log at its most talkative, the journal with its write-ahead log, the
sandbox's output, what the commands print, and what the clients were told.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.app.bench import CREDENTIALS, PASSWORD_ASKED, Client, connect, play
from tests.support import secrets
from tests.support.fixtext import fix
from tests.support.secrets import (
    CANARIES,
    NEW_PASSWORD,
    SHORT_PASSWORD,
    WRONG_PASSWORD,
    WRONG_SIGNATURE_SECRET,
    WRONG_TOKEN_SECRET,
    raw_data,
    signed,
    token,
)
from tests.support.stack import REPOSITORY, TRADER, Stack

LOGON = "35=A|98=0|108=30"

CFG = """\
[SESSION]
BeginString={begin_string}
SenderCompID=FIXGW
TargetCompID={name}
NonStopSession=Y
Venues=apifiny
Accounts={account}
"""

ASKED = {
    "PASSWORD": PASSWORD_ASKED,
    "FIXT": f"{PASSWORD_ASKED}DefaultApplVerID=9\n",
    "TOKEN": f"TokenSecretKeyID={secrets.TOKEN_KEY_ID}\nTokenSecretFile=secrets/token\n",
    "SIGNATURE": f"SignatureKey={secrets.SIGNATURE_KEY}\nSignatureSecretFile=secrets/signature\n",
    "RESETS": f"{PASSWORD_ASKED}ResetSeqNumFlag=never\n",
}


def prepare(stack: Stack) -> list[Path]:
    """Write the sessions; the files that hold secrets, and must."""
    for name, more in ASKED.items():
        begin_string = "FIXT.1.1" if name == "FIXT" else "FIX.4.4"
        cfg = CFG.format(begin_string=begin_string, name=name, account=TRADER)
        (stack.sessions / f"{name.lower()}.cfg").write_text(cfg + more)
    held = []
    for name, text in (
        ("token", secrets.TOKEN_SECRET), ("signature", secrets.SIGNATURE_SECRET),
    ):
        held.append(stack.sessions / "secrets" / name)
        held[-1].write_text(text)
        held[-1].chmod(0o600)
    return held


class Heard:
    """A client, and the text of all that it is told."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.all: list[str] = []

    async def client(self, comp_id: str, next_out: int = 1) -> Client:
        # Each from an address of its own: what one fails at must not keep another waiting.
        source = f"127.0.{len(self.all) % 250 + 1}.{len(comp_id)}"
        self.all.append(comp_id)
        client = await connect(self._port, comp_id, next_out=next_out, source=source)
        if comp_id == "FIXT":
            client.begin_string = "FIXT.1.1"
        return client

    async def say(self, client: Client, *texts: str) -> dict[int, str]:
        await client.send(*texts)
        return await self.answer(client)

    async def answer(self, client: Client) -> dict[int, str]:
        fields = await client.receive()
        self.all.append(str(fields))
        return fields

    async def refused(self, comp_id: str, text: str, next_out: int = 1) -> None:
        client = await self.client(comp_id, next_out)
        assert {} == await self.say(client, text)
        client.close()

    async def let_in(self, comp_id: str, text: str, next_out: int = 1) -> Client:
        client = await self.client(comp_id, next_out)
        answer = await self.say(client, text)
        assert "A" == answer.get(35), answer
        return client

    async def out(self, client: Client) -> int:
        """Log out; the number to go on with."""
        assert "5" == (await self.say(client, "35=5"))[35]
        client.close()
        return client.next_out


async def passwords(heard: Heard) -> None:
    good = f"{LOGON}|{CREDENTIALS}"
    await heard.refused("PASSWORD", f"{LOGON}|553=jane|554={WRONG_PASSWORD}|925={NEW_PASSWORD}")
    await heard.refused("NOBODY", f"{good}|925={NEW_PASSWORD}")
    # Let in, and refused by the session: for what the message is, and for what it says.
    for number, wrong in enumerate((
        f"35=A|98=0|{CREDENTIALS}",
        f"35=A|98=0|108=x|{CREDENTIALS}",
        f"{good}|4711=x",
        f"{good}|554={WRONG_PASSWORD}",
        f"{good}|95=3|96={NEW_PASSWORD}",
        f"35=A|98=1|108=30|{CREDENTIALS}|925={NEW_PASSWORD}",
        f"{good}|925={SHORT_PASSWORD}",
    )):
        client = await heard.client("PASSWORD")
        answer = await heard.say(client, wrong)
        assert "A" != answer.get(35), (number, answer)
        client.close()
        await asyncio.sleep(0)
    client = await heard.client("PASSWORD")
    # Early: kept until the gap before it is filled.
    client.next_out = 3
    assert "A" == (await heard.say(client, f"{good}|925={NEW_PASSWORD}"))[35]
    assert "2" == (await heard.answer(client))[35]
    await client.send("35=4|34=1|123=Y|36=4")
    # In a running session: fields that no such message has, and another Logon.
    assert "3" == (await heard.say(client, f"35=0|112=x|554={NEW_PASSWORD}"))[35]
    assert "3" == (await heard.say(client, f"35=1|112=x|925={NEW_PASSWORD}|95=x|96=y"))[35]
    await client.send(f"{LOGON}|553=jane|554={NEW_PASSWORD}|925={NEW_PASSWORD}x")
    while await heard.answer(client):
        pass
    client.close()

    client = await heard.let_in("FIXT", f"{good}|1137=9|925={NEW_PASSWORD}")
    next_out = await heard.out(client)
    client = await heard.client("FIXT", next_out)
    wrong = f"{LOGON}|1137=9|553=jane|554={NEW_PASSWORD}|925={SHORT_PASSWORD}"
    assert "3" == (await heard.say(client, wrong))[1409]
    client.close()

    client = await heard.let_in("RESETS", good)
    await heard.out(client)
    client = await heard.client("RESETS")
    assert "5" == (await heard.say(client, f"{good}|141=Y"))[35]
    client.close()


async def tokens_and_signatures(heard: Heard) -> None:
    good = raw_data(token(TRADER))
    await heard.refused("TOKEN", f"{LOGON}|{raw_data(token(TRADER, secret=WRONG_TOKEN_SECRET))}")
    next_out = await heard.out(await heard.let_in("TOKEN", f"{LOGON}|{good}"))
    await heard.refused("TOKEN", f"{LOGON}|{good}", next_out)
    client = await heard.client("TOKEN", next_out)
    another = raw_data(token(TRADER, seconds=50))
    assert "5" == (await heard.say(client, f"35=A|98=1|108=30|{another}"))[35]
    client.close()

    await heard.refused("SIGNATURE", f"{LOGON}|{signed(1, secret=WRONG_SIGNATURE_SECRET)}")
    again = signed(2)
    next_out = await heard.out(await heard.let_in("SIGNATURE", f"{LOGON}|{again}"))
    await heard.refused("SIGNATURE", f"{LOGON}|{again}", next_out)


async def not_fix_at_all(heard: Heard) -> None:
    """Credentials in bytes that are garbled, or no message."""
    whole = fix(f"8=FIX.4.4|35=A|34=1|49=PASSWORD|56=FIXGW|{CREDENTIALS}|96={WRONG_PASSWORD}|")
    for raw in (
        whole.replace(b"\x0110=", b"\x0110=9"),
        whole.replace(b"35=A\x0134=1\x01", b"34=1\x0135=A\x01"),
        f"USER {WRONG_PASSWORD}\r\nPASS {NEW_PASSWORD}\r\n".encode(),
        f"8=FIX.4.4\x019={WRONG_PASSWORD}\x01".encode(),
    ):
        client = await heard.client("PASSWORD")
        await client.write(raw)
        client.finish_sending()
        await heard.answer(client)
        client.close()


def written(stack: Stack, held: list[Path]) -> Iterator[tuple[str, bytes]]:
    """All that the run has left behind."""
    for file in sorted(stack.directory.rglob("*")):
        if file.is_file() and file not in held:
            yield str(file.relative_to(stack.directory)), file.read_bytes()


def printed(stack: Stack, *arguments: str) -> bytes:
    done = subprocess.run(
        [sys.executable, "-m", "fixgw", *arguments, "--sessions", str(stack.sessions)],
        cwd=REPOSITORY, capture_output=True, timeout=60,
    )
    assert done.returncode in (0, 4), done.stderr  # 4: no gateway is running
    return done.stdout + done.stderr


def test_no_secret_is_written_anywhere(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "stack", settings='[log]\nlevel = "debug"\n')
    held = prepare(stack)
    heard = Heard(stack.port)

    async def scenario() -> None:
        await passwords(heard)
        await tokens_and_signatures(heard)
        await not_fix_at_all(heard)

    with stack:
        play(scenario())
        texts = dict(written(stack, held))
        assert b"PasswordChanged" in texts[f"journal/{1:020d}.ticks"]
        stack.gateway.kill()
        stack.gateway.start()
        assert 0 == stack.gateway.stop()
        for command in ("check", "sessions", "orders"):
            texts[f"fixgw {command}"] = printed(stack, command)
    for name, content in written(stack, held):
        texts[f"{name} at the end"] = content
    texts["what clients were told"] = "\n".join(heard.all).encode()

    assert b"logon_refused" in texts["gateway.log"] and b"bad_token" in texts["gateway.log"]
    leaks = [(name, each) for name, text in texts.items() for each in CANARIES
             if each.encode() in text]
    assert [] == leaks
