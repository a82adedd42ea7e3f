"""The ID fields of requests, by MsgType(35): for BusinessRejectRefID(379) of the answer.

FIX 4.4 volume 2, "Business Message Reject", lists the field for each message that it can refer to;
those of later versions are named similarly. A type that is not listed here has no ID, or is
user-defined.
"""

from collections.abc import Mapping

REQUEST_IDS: dict[str, tuple[int, ...]] = {
    "6": (23,),  # IOI: IOIID
    "7": (2,),  # Advertisement: AdvId
    "8": (17,),  # ExecutionReport: ExecID
    "9": (11,),  # OrderCancelReject: ClOrdID
    "AA": (320, 322), "BR": (320, 322),  # derivative lists: SecurityReqID, SecurityResponseID
    "AB": (11,), "AC": (11,),  # multileg orders
    "AD": (568,),  # TradeCaptureReportRequest: TradeRequestID
    "AE": (571, 1003), "AR": (571, 1003),  # TradeCaptureReport and its Ack: TradeReportID, TradeID
    "AF": (584,),  # OrderMassStatusRequest: MassStatusReqID
    "AG": (131, 644), "AH": (644,), "AI": (117,), "AJ": (693,),  # quotes: RFQReqID, QuoteRespID
    "AK": (664,), "AU": (664,),  # Confirmation and its Ack: ConfirmID
    "AL": (710,), "AN": (710,), "AM": (721,), "AO": (721,), "AP": (721,),  # positions
    "AQ": (568,),  # TradeCaptureReportRequestAck: TradeRequestID
    "AS": (755,), "AT": (755,),  # AllocationReport and its Ack: AllocReportID
    "AV": (791,), "AW": (833,),  # SettlInstReqID; AssignmentReport: AsgnRptID
    "AX": (894,), "AY": (902,), "AZ": (904,), "BA": (908,), "BB": (909,),  # collateral
    "BG": (909,),  # CollateralInquiryAck: CollInquiryID
    "BC": (933,), "BD": (933,),  # NetworkStatus: NetworkRequestID
    "BE": (923,), "BF": (923,),  # UserRequest, UserResponse: UserRequestID
    "BH": (859,),  # ConfirmationRequest: ConfirmReqID
    "BI": (335,), "BJ": (335,), "BS": (335,),  # trading session lists: TradSesReqID
    "BK": (320, 964), "BP": (320, 964),  # updates of security lists: SecurityReqID
    "BL": (721,), "BM": (70,), "BO": (977,), "BQ": (1160,),  # reports after the trade
    "BT": (1393,), "BU": (1394, 1393), "BV": (1394, 1393),  # markets: MarketReqID
    "BW": (1346,), "BX": (1346,), "BY": (1346, 1356),  # application messages: ApplReqID
    "BN": (17,),  # ExecutionAcknowledgement: ExecID
    "BZ": (1369,), "CA": (11,),  # OrderMassAction: MassActionReportID, ClOrdID
    "CC": (1497,), "CD": (1497, 1501), "CE": (1501,),  # streams: StreamAsgnReqID
    "CF": (1505,), "CG": (1505, 1510), "CK": (1505, 1510), "CX": (1505,), "CY": (1505,),  # parties
    "CH": (1635,), "CI": (1635,), "CJ": (1635, 1642),  # margin requirements: MarginReqmtInqID
    "CL": (1666,), "CM": (1666, 1667), "CR": (1666, 1667), "CS": (1666,), "CT": (1666,),  # limits
    "CN": (324,), "CO": (324,), "CQ": (1699,), "CW": (131,),  # SecurityStatusReqID, QuoteReqID
    "CU": (1770,), "CV": (1770, 1771), "CZ": (1770, 1771), "DA": (1770,), "DB": (1770,),
    "DC": (880,), "DD": (880,), "DE": (1666, 1667), "DF": (2318,), "DG": (2318,),
    "DH": (2328,), "DI": (2328, 2331), "DJ": (2423,), "DK": (2423,), "DL": (2436,), "DM": (2436,),
    "DN": (2437,), "DO": (2452,), "DP": (2452, 2453), "DQ": (908,), "DR": (963,),
    "DS": (2672,), "DT": (2672,), "DU": (2758,), "DV": (2758,), "DW": (2786,), "DX": (2786, 2792),
    "DY": (2812,), "DZ": (2812,), "EA": (2812, 2799), "EB": (2799,),  # pay management
    "B": (148,),  # News: Headline
    "C": (164, 147),  # Email: EmailThreadID, Subject
    "D": (11,), "E": (66,), "F": (11,), "G": (11,), "H": (11, 790),  # orders: ClOrdID, ListID
    "J": (70,), "P": (70,),  # allocations: AllocID
    "K": (66,), "L": (66,), "M": (66,), "N": (66,), "m": (66,),  # lists: ListID
    "Q": (17,),  # DontKnowTrade: ExecID
    "R": (131,),  # QuoteRequest: QuoteReqID
    "S": (117,), "Z": (298, 117), "a": (649, 117), "b": (117, 131), "i": (117,),  # QuoteID
    "T": (162, 777), "V": (262,), "W": (262,), "X": (262,), "Y": (262,),  # SettlInstID, MDReqID
    "c": (320,), "d": (320, 322), "e": (324,), "f": (324,),  # SecurityReqID, SecurityStatusReqID
    "g": (335,), "h": (335,),  # trading session status: TradSesReqID
    "k": (391,), "l": (391,),  # bids: ClientBidID; BidID has no place of its own
    "o": (513,), "p": (513,),  # registration instructions: RegistID
    "q": (11,), "r": (11,), "s": (548,), "t": (551, 548), "u": (551, 548),  # CrossID
    "v": (320,), "w": (320,), "x": (320,), "y": (320, 322), "z": (320,),  # security lists
}
"""MsgType(35) -> its ID fields, of which the first present is used."""

CL_ORD_ID = (11,)
"""Possible ID fields of a type that is not listed."""


def request_id(msg_type: str, fields: Mapping[int, str]) -> str:
    """Return BusinessRejectRefID(379) of the answer to a message; "" where it has no ID."""
    for tag in REQUEST_IDS.get(msg_type, CL_ORD_ID):
        value = fields.get(tag)
        if value:
            return value
    return ""
