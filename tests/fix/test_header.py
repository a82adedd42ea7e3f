"""What every header must say, and what is wrong with one that does not."""

import pytest

from fixgw.fix.header import (
    NO_FIELD,
    NO_ORIGINAL,
    NO_TIME,
    SENT_BEFORE_IT_WAS,
    HeaderChecks,
    HeaderFault,
)
from fixgw.fix.timestamp import UtcTimestamps
from tests.support.session import MONDAY_TEN, milliseconds, settings

NOW = milliseconds(MONDAY_TEN)
GOOD = {49: "CLIENT", 56: "FIXGW", 52: "20260105-10:00:00"}
SECOND = 1_000


def off(by: str) -> HeaderFault:
    """SendingTime(52) is so much off."""
    return HeaderFault(10, 52, text=f"SendingTime accuracy problem: {by}, 120 s allowed")


def checks(**changes: object) -> HeaderChecks:
    return HeaderChecks(settings(**changes), UtcTimestamps())


@pytest.mark.parametrize(
    ("changes", "now_ms", "fault"),
    [
        ({}, NOW, None),
        ({}, NOW + 120 * SECOND, None),
        ({}, NOW + 121 * SECOND, off("121 s late")),
        ({}, NOW - 120 * SECOND - 50, off("120.05 s early")),
        ({52: "00010101-00:00:00"}, NOW, off("63903204000 s late")),
        ({52: "now"}, NOW, NO_TIME),
        ({52: "20260105-10:00:00."}, NOW, NO_TIME),
        ({49: "OTHER"}, NOW, HeaderFault(9, 49)),
        ({56: "OTHER"}, NOW, HeaderFault(9, 56)),
        ({49: "OTHER", 56: "OTHER"}, NOW, HeaderFault(9, 49)),
        # The time is looked at first, as QuickFIX does.
        ({49: "OTHER", 52: "20260105-09:00:00"}, NOW, off("3600 s late")),
    ],
)
def test_time_and_comp_ids(changes: dict[int, str], now_ms: int, fault: HeaderFault | None) -> None:
    assert fault == checks().fault(GOOD | changes, now_ms, early=False)


def test_a_message_without_sending_time() -> None:
    assert NO_FIELD == checks().fault({49: "CLIENT", 56: "FIXGW"}, NOW, early=False)


def test_what_came_early_is_not_stale_when_its_turn_comes() -> None:
    assert None is checks().fault(GOOD, NOW + 3_600 * SECOND, early=True)


def test_settings_switch_the_checks_off() -> None:
    lenient = checks(check_latency=False, check_comp_id=False)

    assert None is lenient.fault({49: "X", 56: "Y", 52: "20200101-00:00:00"}, NOW, early=False)


@pytest.mark.parametrize(
    ("fields", "msg_type", "fault"),
    [
        ({43: "N"}, "D", None),
        ({43: "Y"}, "D", NO_ORIGINAL),
        ({43: "Y"}, "4", None),
        ({43: "Y", 122: "20260105-09:00:00"}, "D", None),
        ({43: "Y", 122: "20260105-10:00:00"}, "D", None),
        ({43: "Y", 122: "20260105-10:00:01"}, "D", SENT_BEFORE_IT_WAS),
        ({43: "Y", 122: "yesterday"}, "D", NO_TIME._replace(ref_tag=122)),
    ],
)
def test_a_duplicate(fields: dict[int, str], msg_type: str, fault: HeaderFault | None) -> None:
    assert fault == checks().fault_of_duplicate(GOOD | fields, msg_type)


def test_a_duplicate_need_not_say_when_it_was_sent_first_where_the_session_says_so() -> None:
    lenient = checks(requires_orig_sending_time=False)

    assert None is lenient.fault_of_duplicate(GOOD | {43: "Y"}, "D")
