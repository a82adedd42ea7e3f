"""QuickFIX's settings keys that a session here does not have: refused or ignored, with the reason.

A file from QuickFIX must not appear to work here while half of it is ignored. What these keys ask
for is done elsewhere or never, and the operator gets the reason. Some ask for what the gateway does
anyway: the value that says so is accepted. A key that has no effect on an acceptor in QuickFIX
either is ignored, and `fixgw check` notes it. Names are QuickFIX C++'s and, if it has more,
QuickFIX/J's and QuickFIX/N's.
"""

from msgspec import Struct


class RefusedKey(Struct, frozen=True):
    """One key, or a family of keys, that is not ours."""

    reason: str
    harmless: tuple[str, ...] = ()
    """The values that ask for what the gateway does anyway."""


def _all(names: str, reason: str, *harmless: str) -> dict[str, RefusedKey]:
    return {name.lower(): RefusedKey(reason, harmless) for name in names.split()}


_LISTENER = "all sessions share one listener: gateway.toml [listener]"
_SOCKET = "sockets are the gateway's own business; leave it out"
_INITIATOR = "only an initiator connects, and this is an acceptor; leave it out"
_JOURNAL = "messages and numbers are kept in one place: gateway.toml [journal]"
_LOG = "all sessions share one log: gateway.toml [log]"
_DICTIONARY = "a session speaks one application version: name its file AppDataDictionary"
_VALIDATE = "checked always: a message that is not valid never becomes an order; leave it out"
_TLS = "one certificate is for all clients: gateway.toml [listener.tls]"

REFUSED: dict[str, RefusedKey] = {
    **_all("SocketAcceptPort", "belongs in gateway.toml: [listener] port"),
    **_all("SocketAcceptHost SocketAcceptAddress", "belongs in gateway.toml: [listener] host"),
    **_all("SocketReuseAddress SocketAcceptProtocol", _LISTENER),
    **_all("SocketNodelay SocketTcpNoDelay", "always on", "Y"),
    **_all(
        "SocketSendBufferSize SocketReceiveBufferSize SocketKeepAlive SocketOobInline SocketLinger"
        " SocketTrafficClass SocketSynchronousWrites SocketSynchronousWriteTimeout"
        " SocketSendTimeout SocketReceiveTimeout",
        _SOCKET,
    ),
    **_all(
        "MaxScheduledWriteRequests",
        "what a client may leave unread is gateway.toml [limits] outbound_buffer_bytes",
    ),
    **_all(
        "LogonTimeout",
        "before its Logon a connection belongs to no session, and QuickFIX's acceptor waits for "
        "ever: gateway.toml [limits] logon_timeout_seconds",
    ),
    **_all(
        "SocketConnectHost SocketConnectPort SocketConnectProtocol SocketConnectSourceHost"
        " SocketConnectSourcePort SocketLocalHost SocketLocalPort ReconnectInterval"
        " HostSelectionPolicy HostSelectionPolicyPriorityStartOverInterval DynamicSession"
        " SendResetSeqNumFlag LogonTag SocketConnectTimeout"
        " SocketIgnoreProxy ProxyType ProxyVersion ProxyHost"
        " ProxyPort ProxyUser ProxyPassword"
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
        " JdbcMaxConnectionLifeTime JdbcSimultaneousBuildThrottle JdbcMinIdleConnection"
        " JdbcConnectionTimeout JdbcConnectionIdleTimeout JdbcConnectionKeepaliveTime"
        " JdbcConnectionTestQuery JndiContextFactory JndiProviderURL SleepycatDatabaseDir"
        " SleepycatSequenceDbName SleepycatMessageDbName",
        _JOURNAL,
    ),
    **_all(
        "PersistMessages",
        "every report is kept and sent again when asked for: gap-filled, a fill would be lost",
        "Y",
    ),
    **_all(
        "RefreshOnLogon",
        "expected Y or N, and either will do: the numbers are always those of the journal",
        "Y",
        "N",
    ),
    **_all("ForceResendWhenCorruptedStore", "a damaged journal stops the gateway", "N"),
    **_all(
        "FileLogPath FileLogBackupPath FileLogHeartbeats FileIncludeMilliseconds"
        " FileIncludeTimeStampForMessages DebugFileLogPath DebugLogFilePath ScreenLogShowIncoming"
        " ScreenLogShowOutgoing ScreenLogShowEvents ScreenLogEvents ScreenLogShowHeartBeats"
        " ScreenIncludeMilliseconds"
        " MySQLLogUseConnectionPool MySQLLogDatabase MySQLLogUser MySQLLogPassword MySQLLogHost"
        " MySQLLogPort MySQLLogIncomingTable MySQLLogOutgoingTable MySQLLogEventTable"
        " PostgreSQLLogUseConnectionPool PostgreSQLLogDatabase PostgreSQLLogUser"
        " PostgreSQLLogPassword PostgreSQLLogHost PostgreSQLLogPort PostgreSQLLogIncomingTable"
        " PostgreSQLLogOutgoingTable PostgreSQLLogEventTable OdbcLogUser OdbcLogPassword"
        " OdbcLogConnectionString OdbcLogIncomingTable OdbcLogOutgoingTable OdbcLogEventTable"
        " JdbcLogHeartBeats JdbcLogIncomingTable JdbcLogOutgoingTable JdbcLogEventTable"
        " SLF4JLogEventCategory SLF4JLogErrorEventCategory SLF4JLogIncomingMessageCategory"
        " SLF4JLogOutgoingMessageCategory SLF4JLogPrependSessionID SLF4JLogHeartbeats",
        _LOG,
    ),
    **_all("Encoding", "bytes are kept and sent back as they came; leave it out"),
    **_all("HttpAcceptPort", "QuickFIX's web console has no password, so there is none here"),
    **_all("AppDataDictionary.", _DICTIONARY),
    **_all("UseDataDictionary", _VALIDATE, "Y"),
    **_all(
        "ValidateLengthAndChecksum ValidateChecksum ValidateIncomingMessage"
        " ValidateUnorderedGroupFields FirstFieldInGroupIsDelimiter RejectInvalidMessage",
        _VALIDATE,
        "Y",
    ),
    **_all("AllowUnknownFieldValues AllowUnknownEnumValues", _VALIDATE, "N"),
    **_all(
        "ValidateSequenceNumbers",
        "checked always: a number that is missing may be an order or a fill; leave it out",
        "Y",
    ),
    **_all(
        "ResendSessionLevelRejects",
        "a Reject(35=3) is not sent again: a gap fill stands for it, as FIX says",
        "N",
    ),
    **_all("AllowPosDup", "PossDupFlag(43) is the session's own to set; leave it out", "N"),
    **_all(
        "LogMessageWhenSessionNotFound", "a message from an unknown client is never logged whole",
        "N",
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
        "Password", "a password is not written down: run `fixgw hash-password`, paste PasswordHash"
    ),
    **_all("SessionQualifier", "two sessions of an acceptor cannot differ in it alone"),
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
        " CipherSuites EndpointIdentificationAlgorithm UseSNI SNIHostName",
        _TLS,
    ),
    **_all("SocketUseSSL", _TLS, "N"),
}
"""By key in lower case."""


IGNORED: dict[str, str] = {
    "heartbtint": (
        "an acceptor takes the client's HeartBtInt(108), in QuickFIX as here; the longest that "
        "the client may ask for is MaxHeartBtInt"
    ),
}
"""Key in lower case -> why it has no effect on an acceptor."""


def refusal(key: str, value: str) -> str | None:
    """Return the reason to refuse *key* with *value*, or None if it asks for what is done anyway.

    Raise KeyError for a key that is not in the table. A family has one row:
    AppDataDictionary.FIX.4.4 and SocketConnectHost1 are found by their stems.
    """
    lowered = key.lower()
    name, dot, _ = lowered.partition(".")
    stem = name.rstrip("0123456789")
    found = next((each for each in (lowered, name + dot, stem) if each in REFUSED), stem)
    refused = REFUSED[found]
    if value in refused.harmless:
        return None
    return refused.reason
