from decimal import Decimal as D

from fixgw.venues.integral.schemas import LOGIN, ORDER, TRADE, rows_of
from tests.venues.integral.payload import payload


def test_numbers_are_exact_and_names_are_the_vendors():
    row = ORDER.read(payload("place_limit_reply"))
    assert (D(1000000), "Buy", "4820276016") == (row.size, row.side, row.server_id)
    assert "17" == ORDER.read(b'{"orderId":17}').server_id
    (raw,) = rows_of(payload("done_trades"))
    trade = TRADE.read(raw)
    assert ("FXI9369258100", D("1.0971678"), False) == (trade.trade_id, trade.rate, trade.maker)
    exact = TRADE.read(b'{"tradeId":"1","rate":0.1000000000000000055511151231257827}')
    assert D("0.1000000000000000055511151231257827") == exact.rate
    login = LOGIN.read(payload("login_reply"))
    assert (1665490480729, 1665490420730) == (login.expiry_time, login.server_utc_time)
