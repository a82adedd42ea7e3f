"""QuickFIX's keys that mean nothing here: each is refused with its reason."""

import pytest
import quickfix

from fixgw.runtime.refused_keys import REFUSED, refusal
from fixgw.runtime.session_keys import BY_NAME


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("SocketAcceptPort", "5001", "belongs in gateway.toml: [listener] port"),
        ("SOCKETACCEPTPORT", "5001", "belongs in gateway.toml: [listener] port"),
        (
            "FileStorePath",
            "store",
            "messages and numbers are kept in one place: gateway.toml [journal]",
        ),
        (
            "SocketConnectHost2",
            "h",
            "only an initiator connects, and this is an acceptor; leave it out",
        ),
        (
            "AppDataDictionary.FIX.4.4",
            "FIX44.xml",
            "dictionaries come with QuickFIX, and what this client does otherwise is named "
            "by Dialect",
        ),
        (
            "ValidateLengthAndChecksum",
            "N",
            "checked always: a message that is not valid never becomes an order; leave it out",
        ),
        ("ValidateLengthAndChecksum", "Y", None),
        (
            "PersistMessages",
            "N",
            "every report is kept and sent again when asked for: gap-filled, a fill would be lost",
        ),
        ("PersistMessages", "Y", None),
        ("RefreshOnLogon", "Y", None),
        ("RefreshOnLogon", "N", None),
        (
            "RefreshOnLogon",
            "1",
            "expected Y or N, and either will do: the numbers are always those of the journal",
        ),
        (
            "ValidateSequenceNumbers",
            "N",
            "checked always: a number that is missing may be an order or a fill; leave it out",
        ),
        (
            "LogonTag1",
            "553=me",
            "only an initiator connects, and this is an acceptor; leave it out",
        ),
    ],
)
def test_the_reason(key: str, value: str, reason: str | None) -> None:
    assert reason == refusal(key, value)


def test_a_key_that_quickfix_does_not_know_either() -> None:
    with pytest.raises(KeyError):
        refusal("SocketAcceptPart", "1")


def test_no_key_is_both_taken_and_refused() -> None:
    assert set() == REFUSED.keys() & BY_NAME.keys()


def test_every_setting_of_the_installed_quickfix_is_taken_or_refused() -> None:
    constants = [getattr(quickfix, name) for name in dir(quickfix) if name.isupper()]
    settings = {each for each in constants if isinstance(each, str)}

    assert {"BeginString", "FileStorePath", "TLSCipherSuites"} <= settings
    assert set() == {each for each in settings if each.lower() not in REFUSED.keys() | BY_NAME}
