"""QuickFIX's keys that mean nothing here: each is refused, or ignored, with its reason."""

import pytest
import quickfix

from fixgw.runtime.other_keys import IGNORED, REFUSED, refusal
from fixgw.runtime.session_keys import BY_NAME
from tests.runtime.directory import Directory

KNOWN = REFUSED.keys() | IGNORED.keys() | BY_NAME.keys()

QUICKFIX_J = """
BeginString SenderCompID SenderSubID SenderLocationID TargetCompID TargetSubID TargetLocationID
SessionQualifier ConnectionType Description DefaultApplVerID UseDataDictionary DataDictionary
AppDataDictionary TransportDataDictionary ValidateFieldsOutOfOrder ValidateFieldsHaveValues
ValidateUnorderedGroupFields ValidateUserDefinedFields ValidateIncomingMessage
ValidateSequenceNumbers ValidateChecksum AllowUnknownMsgFields CheckLatency MaxLatency CheckCompID
RejectGarbledMessage RejectInvalidMessage RejectMessageOnUnhandledException
FirstFieldInGroupIsDelimiter HeartBtInt HeartBeatTimeoutMultiplier DisableHeartBeatCheck
TestRequestDelayMultiplier LogonTimeout LogoutTimeout LogonTag ResetOnLogon ResetOnLogout
ResetOnDisconnect ResetOnError RefreshOnLogon PersistMessages ResendRequestChunkSize
SendRedundantResendRequests ClosedResendInterval EnableLastMsgSeqNumProcessed
EnableNextExpectedMsgSeqNum RequiresOrigSendingTime AllowPosDup ForceResendWhenCorruptedStore
DisconnectOnError TimeStampPrecision MaxScheduledWriteRequests ContinueInitializationOnError
LogMessageWhenSessionNotFound StartTime EndTime StartDay EndDay Weekdays TimeZone NonStopSession
SocketAcceptAddress SocketAcceptPort SocketAcceptProtocol AcceptorTemplate DynamicSession
AllowedRemoteAddresses SocketConnectHost SocketConnectPort SocketConnectProtocol
SocketConnectTimeout SocketLocalHost SocketLocalPort ReconnectInterval SocketKeepAlive
SocketTcpNoDelay SocketReuseAddress SocketLinger SocketOobInline SocketReceiveBufferSize
SocketSendBufferSize SocketTrafficClass SocketSynchronousWrites SocketSynchronousWriteTimeout
SocketUseSSL EnabledProtocols CipherSuites KeyStoreType KeyManagerFactoryAlgorithm
TrustManagerFactoryAlgorithm TrustStoreType SocketKeyStore SocketKeyStorePassword SocketTrustStore
SocketTrustStorePassword NeedClientAuth EndpointIdentificationAlgorithm UseSNI SNIHostName ProxyType
ProxyVersion ProxyHost ProxyPort ProxyUser ProxyPassword ProxyDomain ProxyWorkstation FileStorePath
FileStoreSync FileStoreMaxCachedMsgs FileLogPath FileLogHeartbeats FileIncludeMilliseconds
FileIncludeTimeStampForMessages ScreenLogEvents ScreenLogShowEvents ScreenLogShowHeartBeats
ScreenLogShowIncoming ScreenLogShowOutgoing ScreenIncludeMilliseconds SLF4JLogEventCategory
SLF4JLogErrorEventCategory SLF4JLogIncomingMessageCategory SLF4JLogOutgoingMessageCategory
SLF4JLogPrependSessionID SLF4JLogHeartbeats JdbcDriver JdbcURL JdbcUser JdbcPassword
JdbcDataSourceName JdbcStoreMessagesTableName JdbcStoreSessionsTableName JdbcLogIncomingTable
JdbcLogOutgoingTable JdbcLogEventTable JdbcLogHeartBeats JdbcMaxActiveConnection JdbcMaxActiveTime
JdbcMaxConnectionLifeTime JdbcSimultaneousBuildThrottle JdbcMinIdleConnection JdbcConnectionTimeout
JdbcConnectionIdleTimeout JdbcConnectionKeepaliveTime JdbcConnectionTestQuery
JdbcSessionIdDefaultPropertyValue JndiContextFactory JndiProviderURL SleepycatDatabaseDir
SleepycatMessageDbName SleepycatSequenceDbName
"""
"""Its manual's page on configuration, and the constants SETTING_… of its classes."""

QUICKFIX_N = """
BeginString SenderCompID SenderSubID SenderLocationID TargetCompID TargetSubID TargetLocationID
SessionQualifier DefaultApplVerID ConnectionType UseDataDictionary NonStopSession UseLocalTime
TimeZone StartDay EndDay StartTime EndTime Weekdays HeartBtInt SocketAcceptHost SocketAcceptPort
SocketConnectHost SocketConnectPort ReconnectInterval FileLogPath DebugFileLogPath DebugLogFilePath
FileStorePath RefreshOnLogon ResetOnLogon ResetOnLogout ResetOnDisconnect ValidateFieldsOutOfOrder
ValidateFieldsHaveValues ValidateUserDefinedFields ValidateLengthAndChecksum AllowUnknownMsgFields
DataDictionary TransportDataDictionary AppDataDictionary PersistMessages LogonTimeout LogoutTimeout
SendRedundantResendRequests ResendSessionLevelRejects MillisecondsInTimeStamp TimestampPrecision
EnableLastMsgSeqNumProcessed MaxMessagesInResendRequest SendLogoutBeforeDisconnectFromTimeout
SocketNodelay SocketSendBufferSize SocketReceiveBufferSize SocketSendTimeout SocketReceiveTimeout
IgnorePossDupResendRequests RequiresOrigSendingTime CheckLatency MaxLatency CheckCompID
SocketIgnoreProxy SSLEnable SSLServerName SSLProtocols SSLValidateCertificates
SSLCheckCertificateRevocation SSLCertificate SSLCertificatePassword SSLRequireClientCertificate
SSLCACertificate ScreenLogShowIncoming ScreenLogShowOutgoing ScreenLogShowEvents Encoding
"""
"""The constants of its SessionSettings, and its page on configuration."""


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("SocketAcceptPort", "5001", "belongs in gateway.toml: [listener] port"),
        ("SOCKETACCEPTPORT", "5001", "belongs in gateway.toml: [listener] port"),
        (
            "FileStorePath",
            "store",
            "messages and numbers are kept in one place: gateway.toml [journal]",
        ),
        (
            "SocketConnectHost2",
            "h",
            "only an initiator connects, and this is an acceptor; leave it out",
        ),
        (
            "AppDataDictionary.FIX.4.4",
            "FIX44.xml",
            "a session speaks one application version: name its file AppDataDictionary",
        ),
        (
            "ValidateLengthAndChecksum",
            "N",
            "checked always: a message that is not valid never becomes an order; leave it out",
        ),
        ("ValidateLengthAndChecksum", "Y", None),
        (
            "PersistMessages",
            "N",
            "every report is kept and sent again when asked for: gap-filled, a fill would be lost",
        ),
        ("PersistMessages", "Y", None),
        ("RefreshOnLogon", "Y", None),
        ("RefreshOnLogon", "N", None),
        (
            "RefreshOnLogon",
            "1",
            "expected Y or N, and either will do: the numbers are always those of the journal",
        ),
        (
            "ValidateSequenceNumbers",
            "N",
            "checked always: a number that is missing may be an order or a fill; leave it out",
        ),
        (
            "LogonTag1",
            "553=me",
            "only an initiator connects, and this is an acceptor; leave it out",
        ),
    ],
)
def test_the_reason(key: str, value: str, reason: str | None) -> None:
    assert reason == refusal(key, value)


def test_a_key_that_quickfix_does_not_know_either() -> None:
    with pytest.raises(KeyError):
        refusal("SocketAcceptPart", "1")


def test_no_key_is_both_taken_and_refused() -> None:
    assert set() == REFUSED.keys() & BY_NAME.keys()
    assert set() == IGNORED.keys() & (REFUSED.keys() | BY_NAME.keys())


def test_a_key_for_initiators_is_ignored_with_a_note(directory: Directory) -> None:
    directory.client(heartbtint="30")

    (note,) = directory.settings().notes
    assert note.startswith(f"{directory.path}/client.cfg:8: heartbtint: ignored: an acceptor takes")
    assert "MaxHeartBtInt" in note
    (session,) = directory.settings().sessions.values()
    assert session.max_heart_bt_int is None


def test_every_setting_of_the_installed_quickfix_is_taken_or_refused() -> None:
    constants = [getattr(quickfix, name) for name in dir(quickfix) if name.isupper()]
    settings = {each for each in constants if isinstance(each, str)}

    assert {"BeginString", "FileStorePath", "TLSCipherSuites"} <= settings
    assert set() == {each for each in settings if each.lower() not in KNOWN}


@pytest.mark.parametrize("key", sorted({*QUICKFIX_J.split(), *QUICKFIX_N.split()}))
def test_every_setting_of_quickfix_j_and_quickfix_n_is_taken_or_named(key: str) -> None:
    assert key.lower() in KNOWN
