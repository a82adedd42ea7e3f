"""Valid messages of every version, and ways to spoil them."""

from __future__ import annotations

from random import Random

from tests.support.fixtext import fix

TIME = "20260105-10:00:00.123"
TAIL = f"49=CLIENT|56=FIXGW|52={TIME}"

_SESSION = (
    f"35=0|34=2|{TAIL}|112=ping",
    f"35=1|34=3|{TAIL}|112=ping",
    f"35=2|34=4|{TAIL}|7=1|16=0",
    f"35=3|34=5|{TAIL}|45=2|371=44|372=D|373=5|58=no",
    f"35=4|34=6|{TAIL}|123=Y|36=9",
    f"35=5|34=7|{TAIL}|58=bye",
)
_LOGON = f"35=A|34=1|{TAIL}|98=0|108=30|141=Y"

_ORDERS_42 = (
    f"35=D|34=8|{TAIL}|11=C1|1=ACC|21=1|18=6 G|55=BTC/USD|54=1|60={TIME}|38=1.5|40=2|44=100.25"
    "|59=1",
    f"35=D|34=8|{TAIL}|11=C2|21=1|55=BTC/USD|54=2|60={TIME}|40=1|152=500",
    f"35=D|34=8|{TAIL}|11=C3|21=1|78=2|79=A|80=1|79=B|80=2|55=X|54=1|60={TIME}|38=3|40=1",
    f"35=F|34=9|{TAIL}|41=C1|11=C4|55=BTC/USD|54=1|60={TIME}|38=1.5",
    f"35=G|34=10|{TAIL}|41=C1|11=C5|21=1|55=BTC/USD|54=1|60={TIME}|38=2|40=2|44=99",
    f"35=H|34=11|{TAIL}|11=C1|55=BTC/USD|54=1|37=7",
    f"35=8|34=12|{TAIL}|37=7|17=E1|20=0|150=0|39=0|55=X|54=1|151=1|14=0|6=0|32=0|31=0",
)
_ORDERS_44 = (
    f"35=D|34=8|{TAIL}|11=C1|1=ACC|55=BTC/USD|54=1|60={TIME}|38=1.5|40=2|44=100.25|59=1"
    f"|126={TIME}",
    f"35=D|34=8|{TAIL}|11=C2|453=2|448=A|447=D|452=1|448=B|447=D|452=3|802=1|523=S|803=4"
    f"|55=X|54=1|60={TIME}|152=500|40=1|75=20260105|432=20260106",
    f"35=D|34=8|{TAIL}|18=6 M|11=C3|55=X|54=1|60={TIME}|38=1|40=4|99=-1.5|59=6|211=0.5",
    f"35=F|34=9|{TAIL}|41=C1|11=C4|55=X|54=1|60={TIME}|38=1.5",
    f"35=G|34=10|{TAIL}|41=C1|11=C5|55=X|54=1|60={TIME}|38=2|40=2|44=99|58=caf\xe9",
    f"35=H|34=11|{TAIL}|11=C1|55=BTC/USD|54=1",
    f"35=q|34=12|{TAIL}|11=C6|530=7|60={TIME}",
    f"35=AF|34=13|{TAIL}|584=M1|585=7",
)
_HOPS = f"35=D|34=8|{TAIL}|627=1|628=HUB|629={TIME}|11=C7|55=X|54=1|60={TIME}|38=1|40=1"
_APPL_VER_ID = f"35=D|1128=%s|34=8|{TAIL}|11=C8|55=X|54=1|60={TIME}|38=1|40=1"


def _texts(begin_string: str, *bodies: str) -> tuple[bytes, ...]:
    return tuple(fix(f"8={begin_string}|{body}|") for body in bodies)


VALID: dict[tuple[str, str | None], tuple[bytes, ...]] = {
    ("FIX.4.2", None): _texts(
        "FIX.4.2", *_SESSION, _LOGON, f"{_LOGON}|95=5|96=ab\x01cd", *_ORDERS_42
    ),
    ("FIX.4.4", None): _texts(
        "FIX.4.4", *_SESSION, _LOGON, f"{_LOGON}|553=u|554=p", f"{_LOGON}|95=5|96=ab\x01cd",
        *_ORDERS_44, _HOPS,
    ),
} | {
    ("FIXT.1.1", appl_ver_id): _texts(
        "FIXT.1.1", *_SESSION, f"{_LOGON}|1137={appl_ver_id}",
        f"{_LOGON}|1137={appl_ver_id}|95=5|96=ab\x01cd",
        *_ORDERS_44, _HOPS, _APPL_VER_ID % appl_ver_id,
    )
    for appl_ver_id in "789"
}

ODD_VALUES = (
    "", "0", "1", "2", "7", "-1", "+1", " 1", "1 ", "01", "-0", "1e5", "1.", ".", ".5", "-", "--1",
    "-1.5", "1.2.3", "99999999999", "4294967296", "18446744073709551616", "1" * 40, "0x1", "1,5",
    "NaN", "inf", "1.5\0", "\0", "Y", "N", "y", "A", "D", "U1", "zz", "6 G", "6  G",
    " 6", "6 ", "6 1",
    "20260105", "20261301", "20260231", "20260105-10:00:00", "20260105-10:00:60",
    "20260105-24:00:00", "20260105-10:60:00", "20260105-10:00:00.", "20260105-10:00:00.123456789",
    "20260105-10:00:00.1234567890", "20260105 10:00:00", "10:00:00", "10:00:00.5", "25:00:00",
    "caf\xe9", "\xff", "\xc3\xa9", "=", "a=b", "x" * 300, "\t", "\r\n", "\x7f", "\u00b2", "\u00b9",
)
ODD_TAGS = (
    "0", "-1", "+44", "044", " 44", "4x", "", "8", "9", "10", "35", "34", "49", "43", "97", "122",
    "58", "89", "93", "91", "90", "95", "96", "212", "213", "354", "355", "348", "349", "78", "79",
    "453", "448", "452", "555", "600", "711", "627", "628", "1128", "1129", "1137", "5001", "6000",
    "7777", "9001", "99999", "999999999", "2147483648", "99999999999", "2520", "2521", "\xb2",
)


def spoil(raw: bytes, random: Random) -> bytes:
    """Return *raw* changed in one to three places, framed rightly again."""
    fields = [field.partition("=") for field in raw.decode("latin-1").split("\x01")[:-2]]
    pairs = [(tag, value) for tag, _, value in fields if tag != "9"]
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        random.choice((_change_value, _change_value, _change_tag, _drop, _repeat, _move, _insert))(
            pairs, random
        )
    text = "|".join(f"{tag}={value}" for tag, value in pairs)
    return fix(text.replace("\x01", "|") + "|")


Pairs = list[tuple[str, str]]


def _place(pairs: Pairs, random: Random) -> int:
    # BeginString(8) and MsgType(35) stay: without them there is no frame.
    return random.randrange(2, max(3, len(pairs))) if len(pairs) > 2 else 1


def _change_value(pairs: Pairs, random: Random) -> None:
    at = _place(pairs, random)
    pairs[at] = (pairs[at][0], _value(pairs, random))


def _value(pairs: Pairs, random: Random) -> str:
    kind = random.random()
    if kind < 0.7:
        return random.choice(ODD_VALUES)
    if kind < 0.8:
        return random.choice(pairs)[1]
    return "".join(chr(random.choice((random.randrange(2, 256), random.randrange(48, 58))))
                   for _ in range(random.randrange(1, 6)))


def _change_tag(pairs: Pairs, random: Random) -> None:
    at = _place(pairs, random)
    pairs[at] = (random.choice(ODD_TAGS), pairs[at][1])


def _drop(pairs: Pairs, random: Random) -> None:
    if len(pairs) > 3:
        del pairs[_place(pairs, random)]


def _repeat(pairs: Pairs, random: Random) -> None:
    pairs.insert(_place(pairs, random), pairs[_place(pairs, random)])


def _move(pairs: Pairs, random: Random) -> None:
    pairs.insert(_place(pairs, random), pairs.pop(_place(pairs, random)))


def _insert(pairs: Pairs, random: Random) -> None:
    pairs.insert(_place(pairs, random), (random.choice(ODD_TAGS), _value(pairs, random)))
