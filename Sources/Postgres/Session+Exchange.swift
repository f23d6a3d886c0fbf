import CLibPQ
import Foundation
import Logging

extension Session {
    /// Sends with `send`, reads all results, and judges them.
    /// - Returns: the last result.
    func exchange(_ call: Call, _ send: () -> Bool) throws(PostgresError) -> ResultHandle {
        notices.reset()
        guard send() else { throw lost(call, nil) }
        try flush(call)
        let (last, complaint) = try collect(call)
        if let complaint, complaint.sqlState != nil, !complaint.endsSession, isOpen {
            throw refused(call, complaint)
        }
        guard complaint == nil, isOpen, let last else { throw lost(call, complaint) }
        if let doubt = notices.doubt { throw doubtful(call, doubt) }
        return last
    }

    /// Pushes out what libpq holds back, reading meanwhile so that a server that is itself blocked on us can go on.
    private func flush(_ call: Call) throws(PostgresError) {
        while true {
            switch PQflush(handle) {
            case 0: return
            case 1: try waitOrGiveUp(for: POLLIN | POLLOUT, call)
            default: throw lost(call, nil)
            }
            PQconsumeInput(handle)
        }
    }

    /// Reads results until the server is ready for the next statement; the last error wins over any rows before it.
    private func collect(_ call: Call) throws(PostgresError) -> (last: ResultHandle?, complaint: Diagnostics?) {
        var last: ResultHandle?
        var complaint: Diagnostics?
        while true {
            // After a failed read, PQgetResult returns at once what had arrived, such as the server's last words.
            while PQisBusy(handle) == 1 {
                try waitOrGiveUp(for: POLLIN, call)
                if PQconsumeInput(handle) == 0 { break }
            }
            guard let result = PQgetResult(handle) else { return (last, complaint) }
            switch PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                last = ResultHandle(result)
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                // libpq would give this result for ever.
                PQclear(result)
                close()
                throw PostgresError(.server, "COPY is not supported: \(call.text)", retry: .never)
            default:
                // When a connection breaks, libpq adds an error of its own to the server's: the server's says more.
                let found = Diagnostics(result)
                if complaint?.sqlState == nil || found.sqlState != nil { complaint = found }
                PQclear(result)
            }
        }
    }

    private func waitOrGiveUp(for events: Int32, _ call: Call) throws(PostgresError) {
        guard wait(for: events, until: call.deadline) == .timedOut else { return }
        close()
        throw PostgresError(
            .timeout,
            "No answer before the deadline; the connection was closed: \(call.text)",
            retry: .outcomeUnknown
        )
    }

    /// PostgreSQL said no, and has rolled the statement back.
    private func refused(_ call: Call, _ complaint: Diagnostics) -> PostgresError {
        let state = complaint.sqlState ?? ""
        // Read-only: the server was demoted, and the next connection may find its successor.
        if state == SQLState.readOnlyTransaction { close() }
        logger.debug("statement refused", metadata: ["db.sqlstate": "\(state)", "db.statement": "\(call.text)"])
        return PostgresError(
            .server,
            "\(complaint.message) (in: \(call.text))",
            sqlState: state,
            retry: SQLState.isTransient(state) ? .safe : .never
        )
    }

    /// The server went away after the statement was sent.
    private func lost(_ call: Call, _ complaint: Diagnostics?) -> PostgresError {
        let reason = complaint?.message ?? libpqMessage
        close()
        return PostgresError(
            .outcomeUnknown,
            "The connection was lost while a statement was running (\(reason)): \(call.text)",
            sqlState: complaint?.sqlState,
            retry: .outcomeUnknown
        )
    }

    /// A success that came with a warning that takes it back.
    private func doubtful(_ call: Call, _ state: String) -> PostgresError {
        close()
        return PostgresError(
            .outcomeUnknown,
            "The commit was not confirmed by a synchronous standby: \(call.text)",
            sqlState: state,
            retry: .outcomeUnknown
        )
    }
}
