import CLibPQ
import Foundation
import Logging

/// One libpq session, the one owner of its `PGconn`.
///
/// Not `Sendable`: it is made, used and closed on one thread, which it may block. Statements are in
/// `Session+Statements.swift`.
final class Session {
    let logger: Logger
    let notices: NoticeCollector
    private(set) var handle: OpaquePointer?

    /// Names of what is prepared on this session.
    var preparedNames: [PreparedStatement: String] = [:]
    var statementsPrepared = 0
    private(set) var preparation = Preparation(isUseful: false)

    init(logger: Logger) {
        self.logger = logger
        notices = NoticeCollector(logger: logger)
    }

    deinit {
        close()
    }

    /// Whether the session is connected, as far as libpq has noticed.
    var isOpen: Bool {
        handle != nil && PQstatus(handle) == CONNECTION_OK
    }

    /// Whether what answers is not the server itself but a pooler, which gives its clients numbers of its own.
    /// - Parameter backend: what the server says is the number of this session.
    func isBehindPooler(backend: Int32) -> Bool {
        PQbackendPID(handle) != backend
    }

    /// Whether it is connected and inside no transaction, so that another caller may use it.
    var isReusable: Bool {
        isOpen && PQtransactionStatus(handle) == PQTRANS_IDLE
    }

    /// Connects; blocks at most the configuration's connect timeout for each host, and the resolver's own for names.
    /// - Parameter preparation: shared by the sessions that take the same way to the server.
    func connect(
        _ configuration: PostgresConfiguration,
        preparation: Preparation = Preparation(isUseful: false)
    ) throws(PostgresError) {
        close()
        let parameters = configuration.libpqParameters.map { ($0.key, $0.value) }
        handle = CStrings.withPointers(parameters.map(\.0)) { keywords in
            CStrings.withPointers(parameters.map(\.1)) { values in
                PQconnectdbParams(keywords, values, 0)
            }
        }
        guard isOpen else {
            let message = configuration.redacting("No connection to \(configuration): \(libpqMessage)")
            close()
            throw PostgresError(.connectionFailed, message, retry: .safe)
        }
        self.preparation = preparation
        // So that a statement too large for the socket's buffer is sent under its deadline too.
        PQsetnonblocking(handle, 1)
        notices.attach(to: handle)
    }

    /// Closes the socket. A statement that is running on the server is left to it.
    func close() {
        PQfinish(handle)
        handle = nil
        preparedNames = [:]
    }

    /// Whether an idle session can be used; one that cannot is closed.
    ///
    /// A server says nothing to an idle session, except that it is going away: bytes or an end of file mean that the
    /// session is, or is about to be, dead. (A reloaded setting is told too; that costs one session, and no harm.)
    func isFresh() -> Bool {
        if isOpen, wait(for: POLLIN, until: Deadline(after: .zero)) == .timedOut { return true }
        close()
        return false
    }

    /// What libpq last complained about, on one line.
    var libpqMessage: String {
        guard let text = PQerrorMessage(handle) else { return "out of memory" }
        return String(cString: text).split(separator: "\n").joined(separator: " ")
    }

    /// What a wait on the socket ended with.
    enum WaitResult {
        case ready, timedOut, interrupted
    }

    /// Blocks until the socket is ready for one of `events`, fails, or the deadline passes; or until `interrupt`, when
    /// given, can be read.
    func wait(for events: Int32, until deadline: Deadline, interrupt: Int32 = -1) -> WaitResult {
        // poll(2) passes over negative descriptors.
        var descriptors = [
            pollfd(fd: PQsocket(handle), events: Int16(events), revents: 0),
            pollfd(fd: interrupt, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            let ready = poll(&descriptors, nfds_t(descriptors.count), deadline.pollMilliseconds)
            if ready < 0 {
                guard errno == EINTR else { return .ready }
                continue
            }
            if ready == 0, deadline.isPast { return .timedOut }
            if descriptors[1].revents != 0 { return .interrupted }
            if ready > 0 { return .ready }
        }
    }
}
