"""Who may trade by the word of a directory, and what a client and an operator are told."""

from decimal import Decimal as D
from typing import Any

import pytest
from msgspec.structs import replace

from fixgw.core.accounts import NOBODY_MAY_TRADE
from fixgw.model.accounts import (
    AccountsLoaded,
    AccountState,
    DirectoryName,
    DirectoryTerms,
    LookUpAccount,
)
from tests.support.orders import (
    ACCOUNT,
    CAPABILITIES,
    CLIENT,
    OTHER_CLIENT,
    VENUE,
    Exchange,
    accepted,
    request,
)

CRM = DirectoryName("crm")
GOOD = AccountState(enabled=True, currency="USD", free_margin=D("100.50"))
REFRESH_MS, BELIEVED_MS = 30_000, 60_000


def terms(**changes: Any) -> DirectoryTerms:
    """One directory for the one account at the one venue."""
    fields = {
        "name": CRM, "accounts": {VENUE: frozenset({ACCOUNT})}, "sessions": None,
        "refresh_ms": REFRESH_MS, "believed_ms": BELIEVED_MS, "min_free_margin": None,
        "refuse_logon": True, **changes,
    }
    return DirectoryTerms(**fields)


@pytest.fixture
def asking(exchange: Exchange) -> Exchange:
    """An exchange that asks a directory, which has said nothing yet."""
    return asks(exchange, terms())


def asks(exchange: Exchange, *directories: DirectoryTerms) -> Exchange:
    """*exchange*, restarted with an engine that asks *directories*."""
    exchange.set(directories=directories)
    exchange.restart()
    return exchange


def says(exchange: Exchange, state: AccountState | None, directory: DirectoryName = CRM) -> None:
    """The directory answers a question that was asked just now."""
    exchange.handle(AccountsLoaded(
        directory=directory, accounts={ACCOUNT: state}, asked_at_ms=exchange.mono_ms
    ))


def order(exchange: Exchange, cl_ord_id: str = "X") -> str:
    """What becomes of an order: 150=A, or 150=8 with the reason."""
    exchange.client(f"35=D|11={cl_ord_id}|38=10|")
    return exchange.reports("150", "103", "58")[0]


def lookups(exchange: Exchange, message: str = "35=D|11=LOOK|38=10|") -> list[LookUpAccount]:
    """The directories that are asked because of an order."""
    exchange.engine.handle(request(message), exchange.moment)
    return exchange.engine.take().lookups


def test_without_a_directory_nobody_is_asked(exchange: Exchange) -> None:
    assert "150=A" == order(exchange)
    assert "" == exchange.engine.bars_logon(CLIENT, exchange.moment)


def test_who_may_trade_trades(asking: Exchange) -> None:
    says(asking, GOOD)

    assert "150=A" == order(asking)
    assert ["submit X"] == asking.commands()


@pytest.mark.parametrize(
    "state, why",
    [
        (None, "is unknown to the directory"),
        (AccountState(enabled=False), "is disabled"),
        (AccountState(enabled=False, read_only=True), "is disabled"),
        (AccountState(enabled=True, read_only=True), "is read-only"),
    ],
)
def test_who_may_not_is_refused_with_the_reason(
    asking: Exchange, state: AccountState | None, why: str
) -> None:
    says(asking, state)

    assert f"150=8|103=15|58=Account(1) 'ACCOUNT' {why}" == order(asking)
    assert [] == asking.commands()


@pytest.mark.parametrize(
    "needed, state, why",
    [
        (D("100.50"), GOOD, None),
        (D(0), GOOD, None),
        ({"USD": D("100.5"), "EUR": D(1000)}, GOOD, None),
        (D("100.51"), GOOD, " has 100.50 USD of free margin, 100.51 is needed"),
        ({"USD": D(101)}, GOOD, " has 100.50 USD of free margin, 101 is needed"),
        (D(0), AccountState(enabled=True, free_margin=D("-1E-8")),
         " has -0.00000001 of free margin, 0 is needed"),
        ({"EUR": D(1)}, GOOD, ": no min_free_margin is set for its currency 'USD'"),
        (D(0), AccountState(enabled=True), ": nothing is known of its free margin"),
    ],
)
def test_an_account_must_have_free_margin_where_the_settings_want_it(
    exchange: Exchange, needed: Any, state: AccountState, why: str | None
) -> None:
    asks(exchange, terms(min_free_margin=needed))
    says(exchange, state)

    expected = "150=A" if why is None else f"150=8|103=3|58=Account(1) 'ACCOUNT'{why}"
    assert expected == order(exchange)


def test_a_change_counts_when_the_directory_tells_it(asking: Exchange) -> None:
    says(asking, GOOD)
    assert "150=A" == order(asking, "A")
    says(asking, AccountState(enabled=False))
    assert "150=8" == order(asking, "B")[:5]
    says(asking, GOOD)
    assert "150=A" == order(asking, "C")


def test_before_the_first_answer_orders_are_refused_and_the_directory_is_asked(
    asking: Exchange,
) -> None:
    assert (
        "150=8|103=99|58=Account(1) 'ACCOUNT' cannot be checked: directory crm has not answered yet"
    ) == order(asking)
    assert LookUpAccount(CRM) in lookups(asking)


def test_an_account_that_the_answer_left_out_is_unknown_and_asked_for(asking: Exchange) -> None:
    asking.handle(AccountsLoaded(directory=CRM, accounts={"ELSE": GOOD}, asked_at_ms=0))

    assert (
        "150=8|103=15|58=Account(1) 'ACCOUNT' is unknown: directory crm has said nothing of it yet"
    ) == order(asking)
    assert LookUpAccount(CRM) in lookups(asking)


def test_an_account_that_was_left_out_once_keeps_its_last_word_and_its_age(
    asking: Exchange,
) -> None:
    says(asking, GOOD)
    asking.tick(BELIEVED_MS - 1)
    asking.handle(
        AccountsLoaded(directory=CRM, accounts={"ELSE": GOOD}, asked_at_ms=asking.mono_ms)
    )
    asking.tick(1)
    assert "150=A" == order(asking, "A")
    asking.tick(1)
    assert "150=8|103=99" == order(asking, "B")[:12]


def test_an_answer_counts_so_long_and_then_the_silence_is_the_reason(asking: Exchange) -> None:
    says(asking, GOOD)
    asking.tick(BELIEVED_MS)
    assert "150=A" == order(asking, "A")

    asking.tick(1)
    assert (
        "150=8|103=99|58=Account(1) 'ACCOUNT' cannot be checked: directory crm has not answered "
        "for 60 s"
    ) == order(asking, "B")
    assert LookUpAccount(CRM) in lookups(asking)


def test_the_age_of_an_answer_is_not_that_of_the_wall_clock(asking: Exchange) -> None:
    says(asking, GOOD)
    asking.set_clock(10 * BELIEVED_MS)

    assert "150=A" == order(asking)


def test_an_answer_is_as_old_as_its_question(asking: Exchange) -> None:
    asking.tick(BELIEVED_MS + 1)
    asking.handle(AccountsLoaded(directory=CRM, accounts={ACCOUNT: GOOD}, asked_at_ms=0))

    assert "150=8|103=99" == order(asking)[:12]


def test_nobody_is_asked_about_a_good_account(asking: Exchange) -> None:
    says(asking, GOOD)

    assert LookUpAccount(CRM) not in lookups(asking)


@pytest.mark.parametrize(
    "changes",
    [{"sessions": frozenset({OTHER_CLIENT})}, {"accounts": {VENUE: frozenset()}}, {"accounts": {}}],
    ids=["another session", "another account", "another venue"],
)
def test_whom_a_directory_is_not_asked_about_it_does_not_stop(
    exchange: Exchange, changes: dict[str, Any]
) -> None:
    asks(exchange, terms(**changes))
    assert "150=A" == order(exchange, "A")
    says(exchange, None)
    assert "150=A" == order(exchange, "B")
    assert LookUpAccount(CRM) not in lookups(exchange)
    assert "" == exchange.engine.bars_logon(CLIENT, exchange.moment)


def test_of_two_directories_both_must_let_an_order_pass(exchange: Exchange) -> None:
    other = DirectoryName("other")
    asks(exchange, terms(), terms(name=other))
    says(exchange, GOOD)
    says(exchange, AccountState(enabled=False), other)
    assert "150=8|103=15" == order(exchange, "A")[:12]
    says(exchange, GOOD, other)
    assert "150=A" == order(exchange, "B")


def test_cancels_and_questions_are_answered_whatever_a_directory_says(asking: Exchange) -> None:
    says(asking, GOOD)
    order(asking, "A")
    says(asking, None)
    asking.tick(10 * BELIEVED_MS)
    asking.client("35=H|11=A|")
    asking.client("35=F|11=C|41=A|")

    assert ["150=I", "150=6"] == asking.reports("150")


@pytest.mark.parametrize("terms_of_client", [{}, {"replace_by_cancel": True}])
def test_a_replace_is_an_order_and_is_refused_like_one(terms_of_client: dict[str, bool]) -> None:
    capabilities = replace(CAPABILITIES, replace=not terms_of_client)
    exchange = asks(Exchange(capabilities, **terms_of_client), terms())
    says(exchange, GOOD)
    order(exchange, "A")
    exchange.venue(accepted())
    exchange.reports(), exchange.commands()
    says(exchange, AccountState(enabled=False))
    exchange.client("35=G|11=B|41=A|38=12|")
    assert ["35=9|434=2|102=99|58=Account(1) 'ACCOUNT' is disabled"] == exchange.reports(
        "434", "102", "58"
    )
    assert [] == exchange.commands()

    says(exchange, GOOD)
    exchange.client("35=G|11=C|41=A|38=12|")
    assert ["150=E"] == exchange.reports("150")


# ------------------------------------------------------------------- an operator


def test_an_account_with_open_orders_that_is_stopped_is_an_alert_once(asking: Exchange) -> None:
    says(asking, GOOD)
    order(asking, "A")
    order(asking, "B")
    asking.alerts()
    says(asking, AccountState(enabled=False))
    assert ["account_stopped_with_open_orders"] == asking.alerts()
    says(asking, AccountState(enabled=False))
    assert [] == asking.alerts()
    says(asking, GOOD)
    says(asking, AccountState(enabled=True, read_only=True))
    assert ["account_stopped_with_open_orders"] == asking.alerts()


def test_the_alert_says_which_account_and_how_many_orders(asking: Exchange) -> None:
    says(asking, GOOD)
    order(asking, "A")
    order(asking, "B")
    asking.engine.handle(
        AccountsLoaded(directory=CRM, accounts={ACCOUNT: None}, asked_at_ms=0), asking.moment
    )
    (alert,) = asking.engine.take().alerts

    assert (
        asking.order("A").order_id,
        "Account(1) 'ACCOUNT' is unknown to the directory; open orders of it: 2",
    ) == (alert.order_id, alert.text)


def test_the_alert_counts_only_what_the_directory_decides_about(exchange: Exchange) -> None:
    """The same account serves another session, about which nobody asks that directory."""
    asks(exchange, terms(sessions=frozenset({CLIENT})))
    says(exchange, GOOD)
    exchange.client("35=D|11=A|38=10|", OTHER_CLIENT)
    assert "150=A" == exchange.reports("150")[0]
    says(exchange, AccountState(enabled=False))
    assert [] == exchange.alerts()

    says(exchange, GOOD)
    order(exchange, "B")
    says(exchange, AccountState(enabled=False))
    assert ["account_stopped_with_open_orders"] == exchange.alerts()


def test_an_account_without_open_orders_or_short_of_margin_is_no_alert(
    exchange: Exchange,
) -> None:
    asks(exchange, terms(min_free_margin=D(50)))
    says(exchange, AccountState(enabled=False))
    says(exchange, GOOD)
    order(exchange)
    says(exchange, AccountState(enabled=True, free_margin=D(49)))

    assert [] == exchange.alerts()


def test_after_a_restart_the_first_word_may_be_an_alert(exchange: Exchange) -> None:
    order(exchange)
    asks(exchange, terms())
    says(exchange, AccountState(enabled=False))

    assert ["account_stopped_with_open_orders"] == exchange.alerts()


# ---------------------------------------------------------------------- at Logon


@pytest.mark.parametrize(
    "state", [None, AccountState(enabled=False), AccountState(enabled=True, read_only=True)]
)
def test_a_session_none_of_whose_accounts_may_trade_is_not_let_in(
    asking: Exchange, state: AccountState | None
) -> None:
    says(asking, state)

    assert NOBODY_MAY_TRADE == asking.engine.bars_logon(CLIENT, asking.moment)


def test_a_directory_that_is_down_keeps_nobody_out(asking: Exchange) -> None:
    assert "" == asking.engine.bars_logon(CLIENT, asking.moment)
    says(asking, None)
    asking.tick(BELIEVED_MS + 1)
    assert "" == asking.engine.bars_logon(CLIENT, asking.moment)


def test_who_has_open_orders_is_let_in_to_cancel_them(asking: Exchange) -> None:
    says(asking, GOOD)
    order(asking)
    says(asking, AccountState(enabled=False))

    assert "" == asking.engine.bars_logon(CLIENT, asking.moment)
    assert NOBODY_MAY_TRADE == asking.engine.bars_logon(OTHER_CLIENT, asking.moment)


def test_too_little_margin_keeps_nobody_out(exchange: Exchange) -> None:
    asks(exchange, terms(min_free_margin=D(1000)))
    says(exchange, GOOD)

    assert "" == exchange.engine.bars_logon(CLIENT, exchange.moment)


def test_the_settings_may_let_everybody_log_on(exchange: Exchange) -> None:
    asks(exchange, terms(refuse_logon=False))
    says(exchange, None)

    assert "" == exchange.engine.bars_logon(CLIENT, exchange.moment)


def test_a_logon_asks_anew_when_the_last_answer_is_older_than_a_refresh(asking: Exchange) -> None:
    says(asking, GOOD)
    asking.tick(REFRESH_MS)
    asking.engine.bars_logon(CLIENT, asking.moment)
    assert [] == asking.engine.take().lookups
    asking.tick(1)
    asking.engine.bars_logon(CLIENT, asking.moment)
    assert [LookUpAccount(CRM)] == asking.engine.take().lookups
