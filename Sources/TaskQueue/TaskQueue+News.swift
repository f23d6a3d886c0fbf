import Foundation
import Postgres

/// What has become of tasks, for those who wait for them. Each call throws ``QueueError``.
extension TaskQueue {
    /// Tells every ``TaskWatch`` what has become of tasks.
    /// - Returns: how many workers live.
    func tell(_ news: [TaskChange]) async throws -> Int {
        let parameters: [PostgresValue] = [.uuids(news.map(\.task)), .booleans(news.map(\.hasEnded))]
        guard let row = try await rows(Self.tellStatement, parameters).first else {
            throw QueueError(.malformedRow, "telling of tasks gave no row")
        }
        return Int(try row.decode(Int32.self, "workers"))
    }

    /// Which of these tasks are not as they were seen, or have ended.
    func changedTasks(_ seen: [SeenTask]) async throws -> [UUID] {
        try await rows(Self.changedStatement, [.uuids(seen.map(\.task)), .texts(seen.map(\.mark))])
            .map { try $0.decode(UUID.self, "id") }
    }

    private static let tellStatement = Statement("SELECT queue.tell_v1($1, $2) AS workers")
    private static let changedStatement = Statement("SELECT id FROM queue.changed_tasks_v1($1, $2) AS id")
}

/// That something has become of a task.
struct TaskChange: Sendable, Hashable {
    var task: UUID
    var hasEnded: Bool
}
