"""What the document promises of each HTTP status is what comes of it."""

import pytest

from fixgw.model.enums import Command
from fixgw.model.venue import Unknown
from fixgw.venues.asmlink.codes import MEANINGS, refusal
from tests.venues.documented import proved, table


def test_each_status_proves_what_the_document_promises():
    promised = table("asmlink", "Status | Text")
    for status, text, submit, cancel, when, _why in promised:
        trusted = refusal(int(status), Command.SUBMIT, "why", trust=True)
        untrusted = refusal(int(status), Command.SUBMIT, "why", trust=False)
        canceled = refusal(int(status), Command.CANCEL, "", trust=True)

        assert f"HTTP {status}: {text}: why" == trusted.text == untrusted.text
        assert f"refused, {submit}" == proved(trusted, Command.SUBMIT)
        assert f"refused, {cancel}" == proved(canceled, Command.CANCEL)
        expected = {"always": f"refused, {submit}", "client_errors_refuse": "unknown"}[when]
        assert expected == proved(untrusted, Command.SUBMIT)
    assert [row.code for row in MEANINGS.rows] == [int(row[0]) for row in promised]


@pytest.mark.parametrize(
    "status", [199, 201, 202, 204, 301, 302, 408, 409, 425, 500, 502, 503, 504]
)
def test_nothing_else_does(status):
    for command in Command:
        assert isinstance(refusal(status, command, "", trust=True), Unknown)
