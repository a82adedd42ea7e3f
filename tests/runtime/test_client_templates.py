"""TargetCompID=*: who gets a session by a template, what differs for whom, and what is refused."""

from pathlib import Path

import pytest

from tests.runtime.directory import Directory

HASH = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$bm9wYXNzd29yZGhhc3RoaXNoYXNo"

TEMPLATE = {"TargetCompID": "*", "AcceptorTemplate": "Y"}
LISTED = {**TEMPLATE, "Counterparties": "ALPHA, BETA"}
FROM_FILE = {**TEMPLATE, "CounterpartiesFile": "clients.csv"}


@pytest.fixture
def directory(tmp_path: Path) -> Directory:
    return Directory(tmp_path)


def test_each_of_a_list_has_a_session(directory: Directory) -> None:
    directory.client(**LISTED)

    alpha, beta = directory.settings().sessions.values()

    assert ("FIX.4.4:FIXGW->ALPHA", "FIX.4.4:FIXGW->*") == (alpha.key, alpha.template)
    assert ("BETA", ("A1",), 1) == (beta.target_comp_id, beta.accounts, beta.line)


def test_what_differs_stands_in_the_file_and_the_rest_in_the_template(
    directory: Directory,
) -> None:
    directory.client(**FROM_FILE)
    directory.write(
        "clients.csv",
        f'# from the CRM\nTargetCompID,Accounts,username,PasswordHash\n\n'
        f'ALPHA,"A2, A3",jane,"{HASH}"\nBETA,,,\n',
    )

    alpha, beta = directory.settings().sessions.values()

    assert (("A2", "A3"), "jane", HASH) == (alpha.accounts, alpha.username, alpha.password_hash)
    assert (("A1",), "", "FIX.4.4") == (beta.accounts, beta.username, beta.begin_string)
    assert f"{directory.path}/clients.csv:4: no A3" == str(alpha.error("accounts", "no A3"))
    assert f"{directory.path}/client.cfg:7: no A1" == str(beta.error("accounts", "no A1"))


def test_who_is_written_out_is_not_made_of_a_template(directory: Directory) -> None:
    directory.client(**LISTED)
    for name in ("a-first.cfg", "z-last.cfg"):
        directory.write(name, "[SESSION]\nBeginString=FIX.4.4\nSenderCompID=FIXGW\nVenues=acme\n"
                        "Accounts=OWN\nNonStopSession=Y\n"
                        f"TargetCompID={'ALPHA' if name[0] == 'a' else 'BETA'}\n")

    sessions = directory.settings().sessions.values()

    assert {("ALPHA", ("OWN",), None), ("BETA", ("OWN",), None)} == {
        (each.target_comp_id, each.accounts, each.template) for each in sessions
    }


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"TargetCompID": "*"}, "4: TargetCompID: TargetCompID=* and AcceptorTemplate=Y go "
         "together"),
        ({"AcceptorTemplate": "Y"}, "8: AcceptorTemplate: TargetCompID=* and AcceptorTemplate=Y "
         "go together"),
        (TEMPLATE, "8: AcceptorTemplate: needs to know its clients, for nobody else gets a "
         "session: give one of Counterparties=A, B, C and CounterpartiesFile=clients.csv"),
        ({**LISTED, "CounterpartiesFile": "clients.csv"}, "8: AcceptorTemplate: needs to know its "
         "clients, for nobody else gets a session: give one of Counterparties=A, B, C and "
         "CounterpartiesFile=clients.csv"),
        ({"Counterparties": "A"}, "8: Counterparties: only a template has it: TargetCompID=*, "
         "AcceptorTemplate=Y"),
        ({**LISTED, "SenderCompID": "*"}, "3: SenderCompID: only TargetCompID may be *"),
        ({**TEMPLATE, "Counterparties": "A, *"}, "9: TargetCompID: * is not a client's name"),
    ],
)
def test_a_template_that_cannot_be(
    directory: Directory, changes: dict[str, str], error: str
) -> None:
    directory.client(**changes)

    assert [f"client.cfg:{error}"] == directory.errors()


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("", ["clients.csv: empty: its first row names keys, TargetCompID…"]),
        ("Accounts\nA1\n", ["clients.csv:1: TargetCompID: missing; name it in the first row"]),
        ("TargetCompID,Acounts\n", ["clients.csv:1: Acounts: unknown key; did you mean Accounts?"]),
        ("TargetCompID,BeginString\n",
         ["clients.csv:1: BeginString: is the template's, and the same for all its clients"]),
        ("TargetCompID,accounts,Accounts\n", ["clients.csv:1: names a key twice"]),
        ("TargetCompID,Accounts\nALPHA,A1\nALPHA,A2\n",
         ["clients.csv:3: TargetCompID=ALPHA: is there already, on line 2"]),
        ("TargetCompID,Accounts\n,A1\n", ["clients.csv:2: TargetCompID: missing"]),
        ("TargetCompID,MaxLatency\nALPHA,soon\nBETA,later\n",
         ["clients.csv:2: MaxLatency=soon: expected whole seconds, 1 to 86400",
          "clients.csv:3: MaxLatency=later: expected whole seconds, 1 to 86400"]),
        ("TargetCompID,Accounts\nALPHA,A\x1b1\nBETA,A1,A2\n",
         ["clients.csv:2: Accounts: holds a character that cannot be printed",
          "clients.csv:3: 3 values for 2 keys; a value with a comma in it, such as a PasswordHash "
          'or several Accounts, stands in "quotes"']),
        ('TargetCompID\n"ALPHA\n', ["clients.csv:2: not CSV: unexpected end of data"]),
    ],
)
def test_a_file_that_cannot_be_used(directory: Directory, text: str, errors: list[str]) -> None:
    directory.client(**FROM_FILE)
    directory.write("clients.csv", text)

    assert errors == directory.errors()


def test_a_file_that_is_not_there(directory: Directory) -> None:
    directory.client(**FROM_FILE)

    assert ["clients.csv: cannot be read: No such file or directory"] == directory.errors()


def test_a_hash_that_is_wrong_is_not_shown(directory: Directory) -> None:
    directory.client(**FROM_FILE)
    directory.write("clients.csv", "TargetCompID,Username,PasswordHash\nALPHA,jane,hunter2\n")

    (error,) = directory.errors()

    assert error.startswith("clients.csv:2: PasswordHash: expected an argon2id hash")
    assert "hunter2" not in error


def test_what_is_wrong_with_the_template_is_said_once(directory: Directory) -> None:
    directory.client(**LISTED, MaxLatency="soon")

    assert [
        "client.cfg:10: MaxLatency=soon: expected whole seconds, 1 to 86400"
    ] == directory.errors()
