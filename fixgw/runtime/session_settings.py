"""The content of one `[SESSION]` of a `<counterparty>.cfg`, as a value.

The names are QuickFIX's if QuickFIX has one; each field gives its name, unit and default. This
module does not know which venues, accounts, exchanges and dialects exist: code that does reports an
error with file and line by `SessionSettings.error`.
"""

from collections.abc import Mapping
from datetime import UTC, time, tzinfo
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal

from msgspec import Struct

from fixgw.model.cancel_on import ByClient, CancelOn
from fixgw.model.errors import SettingsError
from fixgw.model.ids import SessionKey, VenueName
from fixgw.runtime.secrets import Secret

TEST_REQUEST_DELAY = 0.2
HEART_BEAT_TIMEOUT = 1.4
"""QuickFIX's values: a TestRequest after 1.2, a disconnect after 2.4 times HeartBtInt(108)."""


class SessionSettings(Struct, frozen=True, kw_only=True):
    """One FIX session, seen from us: we are SenderCompID, the client is TargetCompID."""

    key: SessionKey
    """`FIX.4.4:SENDER->TARGET`, as QuickFIX writes a SessionID; with a SubID and LocationID
    `FIX.4.4:SENDER/SUB/LOCATION->TARGET/SUB/LOCATION`, as QuickFIX/J does."""

    begin_string: str
    """BeginString(8): FIX.4.2, FIX.4.4 or FIXT.1.1. Required."""

    sender_comp_id: str
    """SenderCompID: ours, so SenderCompID(49) in our messages. Required."""

    target_comp_id: str
    """TargetCompID: the client's, so SenderCompID(49) in its messages. Required."""

    sender_sub_id: str = ""
    """SenderSubID: SenderSubID(50) in our messages, TargetSubID(57) of the Logon we answer. "":
    neither sent nor required. The same holds for the next three."""

    sender_location_id: str = ""
    """SenderLocationID: SenderLocationID(142) in our messages, TargetLocationID(143) of a Logon."""

    target_sub_id: str = ""
    """TargetSubID: TargetSubID(57) in our messages, SenderSubID(50) of the Logon we answer."""

    target_location_id: str = ""
    """TargetLocationID: TargetLocationID(143) in our messages, SenderLocationID(142) of a Logon."""

    default_appl_ver_id: str = ""
    """DefaultApplVerID(1137) as on the wire: 7 = FIX50, 8 = SP1, 9 = SP2. Required with FIXT.1.1,
    "" with other versions."""

    data_dictionary: str = ""
    """DataDictionary: the client's own data dictionary, in QuickFIX's XML; a path relative to the
    .cfg. "": the standard's. It has no effect with FIXT.1.1; the next two have none with other
    versions."""

    transport_data_dictionary: str = ""
    """TransportDataDictionary."""

    app_data_dictionary: str = ""
    """AppDataDictionary."""

    description: str = ""
    """Description: for people; nothing depends on it."""

    time_zone: tzinfo = UTC
    """TimeZone, UseLocalTime: the time zone of the times below. Default UTC."""

    start_time: time | None = None
    """StartTime. Required with end_time unless non_stop_session."""

    end_time: time | None = None
    """EndTime: the sequence numbers restart here."""

    start_day: int | None = None
    """StartDay, Monday = 0: makes the session weekly. None with end_day: a daily one."""

    end_day: int | None = None
    """EndDay, Monday = 0."""

    weekdays: tuple[int, ...] = ()
    """Weekdays, Monday = 0: the days on which a daily session begins. Default (): all."""

    logon_time: time | None = None
    """LogonTime: from this time on the client may log on. Default start_time."""

    logout_time: time | None = None
    """LogoutTime: the client is logged out, and the numbers continue. Default end_time."""

    logon_day: int | None = None
    """LogonDay, Monday = 0. Default start_day."""

    logout_day: int | None = None
    """LogoutDay, Monday = 0. Default end_day."""

    non_stop_session: bool = False
    """NonStopSession: always open, and no schedule ever resets the numbers. Default N."""

    max_heart_bt_int: int | None = None
    """MaxHeartBtInt, seconds. The client's HeartBtInt(108) applies, as with any acceptor; this is
    the longest it may ask for. Ours. None: `Limits.heartbeat_seconds`."""

    reset_on_logon: bool = False
    """ResetOnLogon: both numbers restart at each Logon. Reports that had not reached the client
    follow it under the new ones, with PossResend(97)=Y. Default N."""

    reset_on_logout: bool = False
    """ResetOnLogout. Default N."""

    reset_on_disconnect: bool = False
    """ResetOnDisconnect. Default N."""

    timestamp_precision: int = 3
    """TimestampPrecision, MillisecondsInTimeStamp: decimals of a second, 0 to 9, in
    SendingTime(52), OrigSendingTime(122) and TransactTime(60) of our messages. Default 3."""

    check_latency: bool = True
    """CheckLatency: SendingTime(52) must lie within max_latency of our clock. Default Y."""

    max_latency: int = 120
    """MaxLatency, seconds. Default 120."""

    check_comp_id: bool = True
    """CheckCompID: each message must carry the CompIDs of the session. Default Y."""

    validate_fields_out_of_order: bool = True
    """ValidateFieldsOutOfOrder: a field outside its part of the message is refused.
    Default Y."""

    validate_fields_have_values: bool = True
    """ValidateFieldsHaveValues: an empty field is refused; N: it is treated as not sent.
    Default Y."""

    validate_user_defined_fields: bool = True
    """ValidateUserDefinedFields: an unknown tag of 5000 or above is refused. Default Y."""

    allow_unknown_msg_fields: bool = False
    """AllowUnknownMsgFields: an unknown tag below 5000 is accepted. Default N."""

    send_next_expected_msg_seq_num: bool = False
    """SendNextExpectedMsgSeqNum: NextExpectedMsgSeqNum(789) in our Logon. Default N."""

    send_redundant_resend_requests: bool = False
    """SendRedundantResendRequests: request a gap again that was already requested. Default N."""

    max_messages_in_resend_request: int = 0
    """MaxMessagesInResendRequest, or QuickFIX/J's ResendRequestChunkSize: how many messages one of
    our ResendRequests(35=2) asks for; the next follows when they have come. Default 0: all."""

    closed_resend_interval: bool = False
    """ClosedResendInterval: EndSeqNo(16) of our ResendRequest is the end of the gap rather than 0,
    "all there is". Default N."""

    requires_orig_sending_time: bool = True
    """RequiresOrigSendingTime: a duplicate without OrigSendingTime(122) is rejected. Default Y."""

    ignore_poss_dup_resend_requests: bool = False
    """IgnorePossDupResendRequests: a ResendRequest with PossDupFlag(43)=Y is ignored. Default N."""

    enable_last_msg_seq_num_processed: bool = False
    """EnableLastMsgSeqNumProcessed: LastMsgSeqNumProcessed(369) in our messages. Default N."""

    test_request_delay_multiplier: float = TEST_REQUEST_DELAY
    """TestRequestDelayMultiplier: silence beyond HeartBtInt(108), in multiples of it, after which
    we send a TestRequest. Default 0.2, as in QuickFIX."""

    heart_beat_timeout_multiplier: float = HEART_BEAT_TIMEOUT
    """HeartBeatTimeoutMultiplier: silence beyond HeartBtInt(108), in multiples of it, after which
    we disconnect. Default 1.4."""

    send_logout_before_disconnect_from_timeout: bool = False
    """SendLogoutBeforeDisconnectFromTimeout: a Logout is sent before that disconnect. Default N."""

    logout_timeout: int = 2
    """LogoutTimeout, seconds to wait for the answer to our Logout before closing. Default 2."""

    dialect: str = "fixgw"
    """Dialect: `dictionaries/<dialect>.toml`. Ours. Default fixgw."""

    venues: tuple[VenueName, ...]
    """Venues: the `[venues.NAME]` this client may trade at. Ours. Required."""

    accounts: tuple[str, ...]
    """Accounts: the values of Account(1) this client may trade for. Ours. Required."""

    default_exchange: str = ""
    """DefaultExchange: SecurityExchange(207) of an order without one; "": such an order is refused
    unless the venue has only one. Ours."""

    cancel_on_disconnect: CancelOn = CancelOn.NEVER
    """CancelOnDisconnect: off, logout, disconnect or both: when the client's open orders are
    cancelled. Ours. Default off."""

    cancel_on_disconnect_seconds: int = 0
    """CancelOnDisconnectSeconds, 0 to 60: how long the client may be away first. Ours. Default
    0."""

    cancel_on_disconnect_by_client: ByClient = ByClient.MORE
    """CancelOnDisconnectByClient: none, more or any: what the client's Logon may change of these
    two. Ours. Default more."""

    pending_reports: bool | None = None
    """PendingReports: PendingNew (39=A), PendingCancel (39=6) and PendingReplace (39=E) are
    reported. Ours. None: the dialect's value, and Y if it has none."""

    replace_by_cancel: bool = False
    """ReplaceByCancel: an order that its venue cannot replace is canceled, and a new one sent with
    the remaining quantity. Meanwhile nothing works, and the place in the queue is lost. Ours.
    Default N."""

    venue_cancel_on_disconnect: bool = False
    """VenueCancelOnDisconnect: a venue that supports it cancels the orders if the gateway's
    connection to it is lost. Ours. Default N."""

    day: Literal["refuse", "GTC"] = "refuse"
    """Day: an order for the day, TimeInForce(59) 0 or none, for a venue without Day is refused, or
    is sent as good till cancelled and cancelled by the gateway at EndTime. Ours. Default refuse."""

    max_messages_per_second: int | None = None
    """MaxMessagesPerSecond: messages of any kind that the client may send. None: no limit. Ours."""

    max_messages_delay_seconds: int = 1
    """MaxMessagesDelaySeconds: messages above the limit are queued; if messages have been queued
    for this time without a pause, the queued ones are refused. 0: refused at once. Ours. Default 1.
    """

    max_messages_rejected: int = 100
    """MaxMessagesRejected: refused messages above the limit before the client is logged out; the
    count restarts once it has kept to the limit. Ours. Default 100."""

    max_journal_megabytes: int = 10_000
    """MaxJournalMegabytes: approximate journal volume the client may cause in a day (UTC); above it
    only cancels are accepted. Ours. Default 10,000."""

    username: str = ""
    """Username: the required Username(553) of the Logon; "": no password is required. Ours."""

    password_hash: str = ""
    """PasswordHash: argon2id of Password(554), made by `fixgw hash-password`. Ours."""

    token_key_id: str = ""
    """TokenSecretKeyID: claim `secretKeyId` of the signed token in RawData(96). Ours."""

    token_secret: Secret | None = None
    """TokenSecretFile or TokenSecretEnv: the secret of the token. None: no token is required.
    Ours."""

    token_accounts: tuple[str, ...] = ()
    """TokenAccounts: allowed values of claim `accountId`. Ours. Default: `accounts`."""

    token_max_seconds: int = 300
    """TokenMaxSeconds: the longest remaining validity of a token. Ours. Default 300."""

    signature_key: str = ""
    """SignatureKey: the API key expected in Username(553). Ours."""

    signature_secret: Secret | None = None
    """SignatureSecretFile or SignatureSecretEnv: the HMAC-SHA384 secret for RawData(96). None: no
    signature is required. Ours."""

    signature_max_seconds: int = 60
    """SignatureMaxSeconds: how far the signed timestamp may differ from our clock. Ours. Default
    60."""

    certificate_names: tuple[str, ...] = ()
    """CertificateNames: the client's certificate must have one of these names. (): no certificate
    is required. Ours."""

    allowed_remote_addresses: tuple[IPv4Network | IPv6Network, ...] = ()
    """AllowedRemoteAddresses: the addresses the client may connect from; (): any."""

    reset_seq_num_flag: Literal["always", "daily", "never"] = "always"
    """ResetSeqNumFlag: how often ResetSeqNumFlag(141)=Y may reset the numbers. Ours. Default
    always."""

    file: Path
    """The file of these settings."""

    line: int
    """The line of its `[SESSION]`."""

    lines: Mapping[str, int]
    """The line of each key that was written, by its name above: `{"dialect": 12}`."""

    files: Mapping[str, Path] = {}
    """The file of each of them that is elsewhere: in a CounterpartiesFile."""

    template: SessionKey | None = None
    """The template that this session was made of: AcceptorTemplate, Counterparties and
    CounterpartiesFile, with TargetCompID=*. None: it was written out."""

    def dictionary_files(self) -> tuple[Path | None, Path | None]:
        """Return the client's own dictionaries, for the session and for the application; None for
        none."""
        if self.begin_string == "FIXT.1.1":
            given = self.transport_data_dictionary, self.app_data_dictionary
        else:
            given = self.data_dictionary, ""
        session, application = (self.file.parent / each if each else None for each in given)
        return session, application

    def logon_methods(self) -> tuple[str, ...]:
        """Return the requirements of a Logon beside the CompIDs; all of them must be met."""
        methods = {
            "password": self.username,
            "token": self.token_key_id,
            "signature": self.signature_key,
            "certificate": self.certificate_names,
            "address": self.allowed_remote_addresses,
        }
        return tuple(name for name, asked in methods.items() if asked)

    def error(self, field: str, text: str) -> SettingsError:
        """Return the error *text* about *field*, a name of this struct, at its line of the file."""
        file, line = self.files.get(field, self.file), self.lines.get(field, self.line)
        return SettingsError(file, line, text)
