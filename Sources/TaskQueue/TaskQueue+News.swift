import Foundation
import Postgres

/// What has become of tasks, for those who wait for them. Each call throws ``QueueError``.
extension TaskQueue {
    /// Tells every ``TaskWatch`` to look at these tasks again.
    /// - Returns: how many workers live.
    func tell(_ tasks: [UUID]) async throws -> Int {
        guard let row = try await rows(Self.tellStatement, [.uuids(tasks)]).first else {
            throw QueueError(.malformedRow, "telling of tasks gave no row")
        }
        return Int(try row.decode(Int32.self, "workers"))
    }

    /// Which of these tasks are not as they were seen; one that has ended is not.
    func changedTasks(_ seen: [SeenTask]) async throws -> [UUID] {
        try await rows(Self.changedStatement, [.uuids(seen.map(\.task)), .texts(seen.map(\.mark))])
            .map { try $0.decode(UUID.self, "id") }
    }

    private static let tellStatement = Statement("SELECT queue.tell_v1($1) AS workers")
    private static let changedStatement = Statement("SELECT id FROM queue.changed_tasks_v1($1, $2) AS id")
}
