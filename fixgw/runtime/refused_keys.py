"""Keys of QuickFIX's settings that a session here does not have, each with the reason.

A file that worked with QuickFIX must not seem to work here while half of it
is passed over: what these keys ask for is done elsewhere, never, or not yet,
and the operator is told which. Some ask for what is done anyway: then the
one value that says so is let through. Names are QuickFIX C++'s and, where
it has more, QuickFIX/J's and QuickFIX/N's.
"""

from msgspec import Struct


class Refused(Struct, frozen=True):
    """One key, or a family of keys, that is not ours."""

    reason: str
    harmless: str = ""
    """The value that asks for what is done anyway; "": none does."""


def _all(names: str, reason: str, harmless: str = "") -> dict[str, Refused]:
    return {name.lower(): Refused(reason, harmless) for name in names.split()}


_LISTENER = "all sessions share one listener: gateway.toml [listener]"
_SOCKET = "sockets are the gateway's own business; leave it out"
_INITIATOR = "only an initiator connects, and this is an acceptor; leave it out"
_JOURNAL = "messages and numbers are kept in one place: gateway.toml [journal]"
_LOG = "all sessions share one log: gateway.toml [log]"
_DICTIONARY = (
    "dictionaries come with QuickFIX, and what this client does otherwise is named by Dialect"
)
_VALIDATE = "checked always: a message that is not valid never becomes an order; leave it out"
_TLS = "TLS is not yet supported; put a TLS terminator in front and listen on its side only"
_UTC = "times are UTC; a time zone is not yet supported"
_MILLISECONDS = "times carry milliseconds; another precision is not yet supported"
_LATER = "not yet supported; leave it out"

REFUSED: dict[str, Refused] = {
    **_all("SocketAcceptPort", "belongs in gateway.toml: [listener] port"),
    **_all("SocketAcceptHost SocketAcceptAddress", "belongs in gateway.toml: [listener] host"),
    **_all("SocketReuseAddress SocketAcceptProtocol", _LISTENER),
    **_all("SocketNodelay SocketTcpNoDelay", "always on", "Y"),
    **_all(
        "SocketSendBufferSize SocketReceiveBufferSize SocketKeepAlive SocketOobInline SocketLinger"
        " SocketTrafficClass SocketSynchronousWrites SocketSynchronousWriteTimeout",
        _SOCKET,
    ),
    **_all(
        "MaxScheduledWriteRequests",
        "what a client may leave unread is gateway.toml [limits] outbound_buffer_bytes",
    ),
    **_all(
        "LogonTimeout",
        "before its Logon a connection belongs to no session: "
        "gateway.toml [limits] logon_timeout_seconds",
    ),
    **_all(
        "SocketConnectHost SocketConnectPort SocketConnectProtocol SocketConnectSourceHost"
        " SocketConnectSourcePort SocketLocalHost SocketLocalPort ReconnectInterval"
        " HostSelectionPolicy HostSelectionPolicyPriorityStartOverInterval DynamicSession"
        " SendResetSeqNumFlag ProxyType ProxyVersion ProxyHost ProxyPort ProxyUser ProxyPassword"
        " ProxyDomain ProxyWorkstation",
        _INITIATOR,
    ),
    **_all(
        "FileStorePath FileStoreMaxCachedMsgs FileStoreSync MySQLStoreUseConnectionPool"
        " MySQLStoreDatabase MySQLStoreUser MySQLStorePassword MySQLStoreHost MySQLStorePort"
        " PostgreSQLStoreUseConnectionPool PostgreSQLStoreDatabase PostgreSQLStoreUser"
        " PostgreSQLStorePassword PostgreSQLStoreHost PostgreSQLStorePort OdbcStoreUser"
        " OdbcStorePassword OdbcStoreConnectionString JdbcDataSourceName JdbcDriver JdbcURL"
        " JdbcUser JdbcPassword JdbcStoreMessagesTableName JdbcStoreSessionsTableName"
        " JdbcSessionIdDefaultPropertyValue JdbcMaxActiveConnection JdbcMaxActiveTime"
        " JdbcMaxConnectionLifeTime JdbcSimultaneousBuildThrottle",
        _JOURNAL,
    ),
    **_all("PersistMessages", "every message is kept; a client gets what it asks for", "Y"),
    **_all("ForceResendWhenCorruptedStore", "a damaged journal stops the gateway", "N"),
    **_all(
        "FileLogPath FileLogBackupPath FileLogHeartbeats FileIncludeMilliseconds"
        " FileIncludeTimeStampForMessages DebugFileLogPath DebugLogFilePath ScreenLogShowIncoming"
        " ScreenLogShowOutgoing ScreenLogShowEvents ScreenLogEvents ScreenLogShowHeartBeats"
        " MySQLLogUseConnectionPool MySQLLogDatabase MySQLLogUser MySQLLogPassword MySQLLogHost"
        " MySQLLogPort MySQLLogIncomingTable MySQLLogOutgoingTable MySQLLogEventTable"
        " PostgreSQLLogUseConnectionPool PostgreSQLLogDatabase PostgreSQLLogUser"
        " PostgreSQLLogPassword PostgreSQLLogHost PostgreSQLLogPort PostgreSQLLogIncomingTable"
        " PostgreSQLLogOutgoingTable PostgreSQLLogEventTable OdbcLogUser OdbcLogPassword"
        " OdbcLogConnectionString OdbcLogIncomingTable OdbcLogOutgoingTable OdbcLogEventTable"
        " JdbcLogHeartBeats JdbcLogIncomingTable JdbcLogOutgoingTable JdbcLogEventTable"
        " SLF4JLogEventCategory SLF4JLogIncomingMessageCategory SLF4JLogOutgoingMessageCategory"
        " SLF4JLogPrependSessionID SLF4JLogHeartbeats",
        _LOG,
    ),
    **_all("HttpAcceptPort", "QuickFIX's web console has no password, so there is none here"),
    **_all("DataDictionary TransportDataDictionary AppDataDictionary", _DICTIONARY),
    **_all("UseDataDictionary", _VALIDATE, "Y"),
    **_all(
        "ValidateLengthAndChecksum ValidateSequenceNumbers ValidateIncomingMessage"
        " ValidateUnorderedGroupFields RejectInvalidMessage RequiresOrigSendingTime",
        _VALIDATE,
        "Y",
    ),
    **_all("PreserveMessageFieldsOrder", "fields go out in the dictionary's order", "N"),
    **_all("RejectGarbledMessage", "a garbled message is passed over, as FIX says", "N"),
    **_all(
        "RejectMessageOnUnhandledException DisconnectOnError ResetOnError"
        " ContinueInitializationOnError",
        "a bug stops the gateway rather than go on with a doubt",
        "N",
    ),
    **_all(
        "DisableHeartBeatCheck", "a client that has gone silent is always disconnected", "N"
    ),
    **_all(
        "EnableNextExpectedMsgSeqNum", "QuickFIX/J's name for it; write SendNextExpectedMsgSeqNum"
    ),
    **_all(
        "Password", "a password is not written down: run `fixgw hash-password`, paste PasswordHash"
    ),
    **_all("SessionQualifier", "two sessions of an acceptor cannot differ in it alone"),
    **_all("AcceptorTemplate", "each client has a session of its own, written down"),
    **_all(
        "ServerCertificateFile ServerCertificateKeyFile ClientCertificateFile"
        " ClientCertificateKeyFile CertificationAuthoritiesFile"
        " CertificationAuthoritiesDirectory CertificateRevocationListFile"
        " CertificateRevocationListDirectory CertificateVerifyLevel SSLProtocol SSLCipherSuite"
        " TLSCipherSuites SSLEnable SSLCertificate SSLCertificatePassword SSLProtocols"
        " SSLCACertificate SSLServerName SSLValidateCertificates SSLCheckCertificateRevocation"
        " SSLRequireClientCertificate SocketKeyStore SocketKeyStorePassword"
        " KeyManagerFactoryAlgorithm KeyStoreType SocketTrustStore SocketTrustStorePassword"
        " TrustManagerFactoryAlgorithm TrustStoreType NeedClientAuth EnabledProtocols"
        " CipherSuites",
        _TLS,
    ),
    **_all("SocketUseSSL", _TLS, "N"),
    **_all("TimestampPrecision", _MILLISECONDS, "3"),
    **_all("MillisecondsInTimeStamp", _MILLISECONDS, "Y"),
    **_all("UseLocalTime", _UTC, "N"),
    **_all("TimeZone", _UTC, "UTC"),
    **_all("ClosedResendInterval EnableLastMsgSeqNumProcessed RefreshOnLogon", _LATER, "N"),
    **_all("IgnorePossDupResendRequests SendLogoutBeforeDisconnectFromTimeout", _LATER, "N"),
    **_all("MaxMessagesInResendRequest ResendRequestChunkSize", _LATER, "0"),
    **_all(
        "AllowedRemoteAddresses CancelOnDisconnect LogonTime LogoutTime LogonDay LogoutDay"
        " SenderSubID SenderLocationID TargetSubID TargetLocationID TestRequestDelayMultiplier"
        " Weekdays",
        _LATER,
    ),
}
"""By key in lower case."""


def refusal(key: str, value: str) -> str | None:
    """Why *key* with *value* is not taken: None where it asks for what is done anyway.

    KeyError for a key that is not in the table. A family has one row:
    AppDataDictionary.FIX.4.4 and SocketConnectHost1 are found by their stems.
    """
    lowered = key.lower()
    stem = lowered.partition(".")[0].rstrip("0123456789")
    refused = REFUSED[lowered if lowered in REFUSED else stem]
    if refused.harmless and value == refused.harmless:
        return None
    return refused.reason
