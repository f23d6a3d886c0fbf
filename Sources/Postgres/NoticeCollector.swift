import CLibPQ
import Logging

/// Takes the notices and warnings of one session, on its thread, while libpq reads its socket.
final class NoticeCollector {
    private let logger: Logger

    /// The SQLSTATE of a warning that takes the trust from a reported success.
    ///
    /// When an operator, a shutdown or a cancel ends the wait for a synchronous standby, PostgreSQL reports the commit
    /// as done, with only a warning of class 57: it holds here and may not survive a failover.
    private(set) var doubt: String?

    init(logger: Logger) {
        self.logger = logger
    }

    /// Makes libpq hand its notices to this object, which must outlive `connection`.
    func attach(to connection: OpaquePointer?) {
        let receiver: PQnoticeReceiver = { context, result in
            guard let context, let result else { return }
            Unmanaged<NoticeCollector>.fromOpaque(context).takeUnretainedValue().receive(Diagnostics(result))
        }
        PQsetNoticeReceiver(connection, receiver, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Forgets the last doubt; called before each statement.
    func reset() {
        doubt = nil
    }

    private func receive(_ notice: Diagnostics) {
        if notice.severity == "WARNING", let state = notice.sqlState, state.hasPrefix("57") { doubt = state }
        logger.log(
            level: notice.severity == "WARNING" ? .warning : .debug,
            "postgres notice",
            metadata: [
                "db.severity": "\(notice.severity)", "db.sqlstate": "\(notice.sqlState ?? "")",
                "db.message": "\(notice.message)",
            ]
        )
    }
}

/// The fields of an error or a notice that PostgreSQL sent. The detail is left out, since it repeats values.
struct Diagnostics {
    /// `ERROR`, `FATAL`, `PANIC`, `WARNING`, `NOTICE`, …: never translated.
    let severity: String
    /// Five characters; absent when libpq made the message itself.
    let sqlState: String?
    /// The primary message.
    let message: String

    init(_ result: OpaquePointer) {
        func field(_ code: Int) -> String? {
            PQresultErrorField(result, Int32(code)).map { String(cString: $0) }
        }
        severity = field(Self.severityField) ?? ""
        sqlState = field(Self.sqlStateField)
        message = field(Self.messageField) ?? String(cString: PQresultErrorMessage(result))
    }

    /// Whether the server ended the session with this.
    var endsSession: Bool {
        severity == "FATAL" || severity == "PANIC"
    }

    // The codes are character constants in C's header, which Swift does not import: PG_DIAG_SEVERITY_NONLOCALIZED 'V',
    // PG_DIAG_SQLSTATE 'C', PG_DIAG_MESSAGE_PRIMARY 'M'.
    private static let severityField = Int(UInt8(ascii: "V"))
    private static let sqlStateField = Int(UInt8(ascii: "C"))
    private static let messageField = Int(UInt8(ascii: "M"))
}
