import Foundation
import Postgres
import TaskQueue

/// The calls of this module's SQL functions, and how their answers and errors are read. There is no other SQL here.
extension ServerStore {
    static let restoreStatement = Statement("SELECT * FROM compute.restore_server_v1($1, $2, $3, $4, $5, $6)")
    static let restoreBatchStatement = Statement("SELECT * FROM compute.restore_servers_v1($1, $2, $3, $4, $5, $6)")
    static let deleteStatement = Statement("SELECT * FROM compute.delete_server_v1($1, $2, $3, $4, $5, $6)")
    static let deleteBatchStatement = Statement("SELECT * FROM compute.delete_servers_v1($1, $2, $3, $4, $5, $6)")
    static let forceDeleteStatement = Statement("SELECT * FROM compute.force_delete_server_v1($1, $2, $3, $4, $5, $6)")
    static let showStatement = Statement("SELECT * FROM compute.show_server_v1($1, $2, $3)")
    static let actionStatement = Statement("SELECT * FROM compute.show_action_v1($1, $2)")
    static let eventsStatement = Statement("SELECT * FROM compute.list_events_v1($1)")
    static let taskStatement = Statement("SELECT * FROM compute.show_task_v2($1, $2)")
    static let taskBatchStatement = Statement("SELECT * FROM compute.show_tasks_v2($1, $2)")
    static let tasksStatement = Statement("SELECT * FROM compute.list_tasks_v3($1, $2, $3, $4, $5, $6)")
    static let adoptStatement = Statement(
        "SELECT compute.adopt_server_v1($1, $2, $3, $4, $5, $6, $7, $8, $9) AS outcome"
    )
    static let binStatusStatement = Statement("SELECT * FROM compute.bin_status_v1()")
    static let setRetentionStatement = Statement("SELECT compute.set_retention_v1($1)")
    static let beginDestroyStatement = Statement("SELECT compute.begin_destroy_v2($1, $2) AS last_look")
    static let finishStatement = Statement("SELECT * FROM compute.finish_tasks_v1($1, $2, $3, $4, $5, $6)")
    static let finishAndClaimStatement = Statement(
        "SELECT * FROM compute.finish_and_claim_v2($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
    )
    static let sweepStatement = Statement("SELECT * FROM compute.sweep_v1($1, $2, $3, $4, $5)")
    static let resumePurgingStatement = Statement("SELECT compute.resume_purging_v1() AS reason")

    /// What became of a request, whose workers are woken when there is something for them to do.
    func outcome(
        of statement: Statement,
        on server: UUID,
        _ ask: () async throws(PostgresError) -> Row
    ) async throws -> RequestOutcome {
        let row = try await answer(to: statement, ask)
        let (outcome, queue) = try decoded(statement) {
            (try RequestOutcome(row), try row.decode(String?.self, "queue"))
        }
        if case .accepted = outcome, let queue { notifier?.notify(queue) }
        if case .overQuota = outcome { return .overQuota(try await quotaShortage(of: server)) }
        return outcome
    }

    func answer<Value>(to statement: Statement, _ ask: () async throws(PostgresError) -> Value) async throws -> Value {
        do throws(PostgresError) {
            return try await ask()
        } catch {
            throw ComputeError(error, during: statement)
        }
    }

    func decoded<Value>(_ statement: Statement, _ decode: () throws -> Value) throws -> Value {
        do {
            return try decode()
        } catch let error as ComputeError {
            throw error
        } catch {
            throw ComputeError(.malformedRow, "the answer of \(statement.sql) could not be read", cause: error)
        }
    }

    func read<Value>(
        _ statement: Statement,
        _ parameters: [PostgresValue],
        _ decode: (Row) throws -> Value
    ) async throws -> [Value] {
        let rows = try await run(statement, parameters)
        return try decoded(statement) { try rows.map(decode) }
    }

    func run(_ statement: Statement, _ parameters: [PostgresValue]) async throws -> Rows {
        try await answer(to: statement) { () throws(PostgresError) in
            try await pool.execute(statement, parameters)
        }
    }
}

extension ComputeError {
    init(_ error: PostgresError, during statement: Statement) {
        let (code, message): (Code, String) =
            switch error.sqlState {
            case "RQ001": (.leaseLost, error.message)
            case "RQ404": (.markerNotFound, error.message)
            // The function raises the column's name, one word, and the connection adds the statement.
            case "2201B": (.invalidPattern, String(error.message.prefix { $0 != " " }))
            case "22021": (.nullCharacter, "a text has the character U+0000")
            default:
                switch error.retry {
                case .safe: (.databaseUnavailable, "the database could not be asked")
                case .outcomeUnknown: (.outcomeUnknown, "the database's answer was lost")
                case .never: (.unexpected, "\(statement.sql) failed")
                }
            }
        self.init(code, message, cause: error)
    }
}
