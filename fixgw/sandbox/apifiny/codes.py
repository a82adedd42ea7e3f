"""The manual's status and error codes, and the one exception that carries them.

The table repeats "Apifiny Connect Status/Error Codes" of the 2021-08 manual, words included.
On the wire a code is the decimal number. The manual's hexadecimal column does not always agree
with it (0x05007B is 327803, not 327802) and is left out; some numbers stand for two texts. No
code may be added that the manual does not print.
"""

from enum import Enum


class Code(Enum):
    """(code, message) as they appear in `error`."""

    COMMON_ERROR = (65548, "common error")
    GENERAL_REQUEST_ERROR = (
        65562,
        "general request error, please check if the parameters in request are correct.",
    )
    GENERAL_SERVER_ERROR = (65579, "general server side error, retry or contact customer service.")
    SERVER_BUSY = (65595, "server busy please wait")
    IP_NOT_LISTED = (65658, "IP is not in the white list")
    ACCOUNT_SESSION_STOPPED = (131098, "Account Session Stopped")
    CREATE_ACCOUNT_ERROR = (131099, "create account error")
    REQUEST_TOO_OFTEN = (131114, "Request too often, please try later")
    ACCOUNT_NOT_EXIST = (131115, "Account doesn't exist, please verify account ID.")
    VENUE_MISMATCH = (
        131130,
        "Sorry, the venue does not match the request url, please check the base url.",
    )
    ACCOUNT_STATUS = (
        131162,
        "Account status doesn't satisfy request, please verify account status.",
    )
    SQL_DUPLICATE_KEY = (131178, "SQL execution error, duplicate primary key")
    TOKEN_ERROR = (196634, "token error")
    SESSION_ERROR = (196650, "session error")
    SESSION_EXTENSION_ERROR = (196666, "session extension validation Error")
    SSO_TOKEN_ERROR = (196682, "sso token error")
    SESSION_TYPE_ERROR = (196698, "session type error")
    WITHDRAW_ADDRESS_NOT_EXIST = (262170, "withdraw address not exist")
    WITHDRAW_ADDRESS_LIMIT = (262186, "the number of withdraw addresses reaches limit")
    UNKNOWN_SYMBOL = (262202, "Util_Unknown_Symbol")
    UNKNOWN_CURRENCY = (262218, "Util_Unknown_Currency")
    UNKNOWN_COIN_TYPE = (262250, "Util_Unknown_CoinType")
    UNKNOWN_COIN = (262266, "Util_Unknown_Coin")
    CREATE_WITHDRAW_ADDRESS_ERROR = (262299, "Util_Create_Withdraw_Address_Error")
    CONNECTION_ISSUE = (262427, "A connection issue encountered, please try again")
    DAILY_WITHDRAWAL_LIMIT = (
        262443,
        "You have reach your daily withdrawal limit, please try next day",
    )
    ORDER_NOT_EXIST_EXECUTE_FAIL = (
        5243242,
        "Order doesn't exist, please change order ID, Execute Fail",
    )
    ORDER_ID_NOT_EXIST = (327706, "Order ID doesn't exist, please recreate order id.")
    ORIGINAL_ORDER_ID_DUPLICATE = (327722, "Order_OriginalOrderIdDuplicate")
    NEW_ORDER_FAILURE = (327723, "New order failure,retry or contact customer service.")
    OPEN_ORDER_NOT_EXIST = (327738, "Order_OpenOrderNotExist")
    ORDER_NOT_EXIST = (327738, "Order doesn't exist, please change order ID.")
    EXCHANGE_IN_MAINTENANCE = (
        327741,
        "This exchange is currently under maitenance or not supported yet.",
    )
    CANCEL_PENDING_SUBMIT_WAIT = (327754, "Order_CancelPendingSubmitWait")
    CANCEL_ORDER_ERROR = (327755, "cancel order error, need to contact customer service.")
    NEW_ORDER_TIMEOUT = (
        327786,
        "timeout for new order or other request, please wait and retry.",
    )
    ORDER_SIDE_ERROR = (327786, "orderSide parameter error")
    TOO_MANY_OPEN_ORDERS = (
        327786,
        "too many open orders, cannot create new order,"
        " need to delete some orders and retry.",
    )
    ORDER_ID_REPEAT = (327802, "order id repeat")
    CANNOT_CANCEL_STATUS = (
        327802,
        "cannot cancel order under current order status,"
        " need confirm order status and retry or abandon request.",
    )
    INCORRECT_TIMESTAMP_FORMAT = (327818, "Order create failed, incorrect timestamp format")
    CANCEL_TIMEOUT = (327818, "timeout for cancel order operation, need wait and retry.")
    TIMESTAMP_ERROR = (327834, "Order create failed, timestamp error")
    ORDER_DETAIL_NOT_EXIST = (327836, "Order_Detail_Not_Exist")
    NOT_PENDING_SUBMIT_CANCEL = (327946, "Order_Status_Not_Pending_Submit_Cancel")
    ORDER_LOG_NOT_EXIST = (327948, "Order_Log_Not_Exist order")
    NEW_ORDERS_24H_LIMIT = (
        327962,
        "the number of new order within 24 hours exceed limit, please contact customer service.",
    )
    ORDER_ID_RULE = (327978, "order id rule error")
    BEING_CANCELLED = (328010, "the order is being cancelled, please verify order status.")
    CANNOT_CANCEL_PENDING_SUBMIT = (
        328026,
        "order cannot be canceled when in Pending_Submit status,"
        "please wait for status changed to submitted to cancel order."
        "( if order status is still pending submit after 10 minutes,"
        " please contact customer service. )",
    )
    GBBO_ERROR = (328042, "Order_GBBO_Error")
    SOM_REQUEST_ERROR = (328058, "SOM_Request_Error")
    TRADE_AMOUNT_LIMIT = (328074, "Your account has reached the trade amount limitation")
    AVAILABLE_NOT_ENOUGH = (393242, "Asset_AvailableNotEnough.")
    WITHDRAW_TICKET_ERROR = (
        393242,
        "withdraw ticket error, please check or create a withdraw ticket first.",
    )
    NOT_ENOUGH_ASSET = (
        393258,
        "Not enough asset available. Please verify if there is enough asset in account.",
    )
    FREE_FROZEN_NOT_ENOUGH = (393274, "asset free frozen not enough")
    REDUCE_FROZEN_NOT_ENOUGH = (393290, "asset reduce frozen not enough")
    ORDER_CANCEL_TIMEOUT = (393306, "Order_Cancel_TimeOut_Error")
    ASSET_ACTIVITY_NOT_EXIST = (393322, "Asset_Activity_Submitted_Not_Exist")
    QUERY_DEPOSIT_ADDRESS_ERROR = (393338, "Asset_Query_Deposit_Address_Error")
    CURRENCY_INSUFFICIENT = (
        393354,
        "Assets in this currency are insufficient or non-existent",
    )
    ASSET_ACTIVITY_TX_ID_ERROR = (393355, "Asset_Activity_Completed_TxId_Error")
    ASSET_LOG_NOT_EXIST = (393372, "Asset_Log_Not_Exist")
    ORDER_CREATE_TIMEOUT = (393482, "Order_Create_TimeOut_Error")
    ASSET_ACTIVITY_ID_EXIST = (393514, "Asset_Activity_Id_Exist")
    CONVERSION_NOT_SUPPORTED = (
        393530,
        "Conversion between two currencies is not supported",
    )
    SIGNATURE_ERROR = (2097162, "Signature Error")
    PERMISSION_DENIED = (
        2097163,
        "Permission denied. Invalid API key or permissions for action.",
    )
    NO_MATCHING_MARKET = (2097178, "No matching market")


class Refusal(Exception):
    """The venue says no: a code, and its message or a text of our own in place of it."""

    def __init__(self, code: Code, message: str = "") -> None:
        self.number, text = code.value
        self.message = message or text
        super().__init__(f"{self.number} {self.message}")


def bad_request(detail: str) -> Refusal:
    """65562, with what is wrong named behind the manual's text.

    ASSUMPTION: the manual does not say how a bad parameter is reported, nor that the message
    names it.
    """
    return Refusal(
        Code.GENERAL_REQUEST_ERROR, f"{Code.GENERAL_REQUEST_ERROR.value[1]} {detail}"
    )
