import CLibPQ
import Foundation

extension Session {
    /// Runs one statement and gives its rows.
    ///
    /// Blocks until PostgreSQL has answered and is ready again, so that a commit that fails after the rows came fails
    /// here. At the deadline the socket is closed, never the statement cancelled: a cancel can turn the wait of a
    /// commit for its standby into a success.
    func execute(
        _ statement: Statement,
        _ values: [PostgresValue],
        until deadline: Deadline
    ) throws(PostgresError) -> Rows {
        try requireFresh(before: deadline)
        let call = Call(text: statement.excerpt, deadline: deadline)
        let parameters = ParameterBlock(values)
        defer { dropNotifications() }
        // Inside a transaction nothing is prepared: a refusal of what a pooler lost would end the transaction.
        if preparation.isUseful, PQtransactionStatus(handle) == PQTRANS_IDLE {
            let key = PreparedStatement(sql: statement.sql, types: parameters.types)
            do {
                return Rows(try executePrepared(key, parameters, call))
            } catch  where SQLState.refusesPrepared(error.sqlState) && !deadline.isPast {
                preparedNames[key] = nil
                if error.sqlState != SQLState.featureNotSupported { preparation.giveUp(logger) }
            }
        }
        return Rows(try exchange(call) { self.sendUnprepared(statement, parameters) })
    }

    /// Runs one statement without parameters and without preparing it, on a session that may have notifications
    /// waiting.
    func runAlone(_ statement: Statement, until deadline: Deadline) throws(PostgresError) -> Rows {
        let call = Call(text: statement.excerpt, deadline: deadline)
        return Rows(try exchange(call) { self.sendUnprepared(statement, ParameterBlock([])) })
    }

    /// Runs a text of several statements without parameters; rows are dropped.
    func runScript(_ sql: String, until deadline: Deadline) throws(PostgresError) {
        try requireFresh(before: deadline)
        let call = Call(text: "a script", deadline: deadline)
        defer { dropNotifications() }
        _ = try exchange(call) { PQsendQuery(self.handle, sql) == 1 }
    }

    /// Forgets notifications. This session asked for none; behind a pooler another may have, on the same connection to
    /// the server, and libpq would keep them for ever.
    private func dropNotifications() {
        while let notification = PQnotifies(handle) { PQfreemem(notification) }
    }

    private func requireFresh(before deadline: Deadline) throws(PostgresError) {
        guard !deadline.isPast else {
            throw PostgresError(.timeout, "The deadline passed before the statement could be sent.", retry: .safe)
        }
        guard isFresh() else {
            throw PostgresError(.connectionLost, "The connection was found dead before use.", retry: .safe)
        }
    }

    private func executePrepared(
        _ key: PreparedStatement,
        _ parameters: ParameterBlock,
        _ call: Call
    ) throws(PostgresError) -> ResultHandle {
        let name = try prepare(key, call)
        return try exchange(call) { self.sendPrepared(name, parameters) }
    }

    /// The name under which the statement is prepared, preparing it on its first use. A failure here is safe: nothing
    /// was executed.
    private func prepare(_ key: PreparedStatement, _ call: Call) throws(PostgresError) -> String {
        if let name = preparedNames[key] { return name }
        statementsPrepared += 1
        let name = key.name(number: statementsPrepared)
        do {
            _ = try exchange(call) {
                PQsendPrepare(self.handle, name, key.sql, Int32(key.types.count), key.types) == 1
            }
        } catch  where error.retry == .outcomeUnknown {
            let code: PostgresError.Code = error.code == .timeout ? .timeout : .connectionLost
            throw PostgresError(code, error.message, sqlState: error.sqlState, retry: .safe)
        }
        preparedNames[key] = name
        return name
    }

    private func sendPrepared(_ name: String, _ parameters: ParameterBlock) -> Bool {
        parameters.withPointers { values, lengths, formats in
            PQsendQueryPrepared(handle, name, parameters.count, values, lengths, formats, 1) == 1
        }
    }

    private func sendUnprepared(_ statement: Statement, _ parameters: ParameterBlock) -> Bool {
        parameters.withPointers { values, lengths, formats in
            PQsendQueryParams(
                handle,
                statement.sql,
                parameters.count,
                parameters.types,
                values,
                lengths,
                formats,
                1
            ) == 1
        }
    }
}

/// One exchange with the server: what to call it in messages, and when to stop waiting for it.
struct Call {
    let text: String
    let deadline: Deadline
}
