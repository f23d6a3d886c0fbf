import Foundation
import Postgres
import TestSupport

/// What a run that failed leaves for whoever has to find out why, beside the logs of the processes.
extension ChaosStage {
    func logs() throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: fleet.folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "log" }
    }

    /// Writes what was done, and PostgreSQL's own log.
    func keepStory() throws {
        let story = ledger.all.story.joined(separator: "\n")
        try Data(story.utf8).write(to: fleet.folder.appending(path: "story.txt"))
        let serverLog = cluster.folder.appending(path: "server.log")
        try Data(contentsOf: serverLog).write(to: fleet.folder.appending(path: "postgresql.txt"))
    }

    /// Writes the tables, one row a line.
    func keepTables() async throws {
        let rows = try await fleet.database.withConnection { connection in
            try await connection.execute(
                Statement(
                    """
                    SELECT 'tasks ' || row_to_json(t) AS line FROM queue.tasks t
                    UNION ALL SELECT 'history ' || row_to_json(t) FROM queue.history t
                    UNION ALL SELECT 'dead ' || row_to_json(t) FROM queue.dead t
                    UNION ALL SELECT 'workers ' || row_to_json(t) FROM queue.workers t
                    UNION ALL SELECT 'servers ' || row_to_json(t) FROM compute.servers t
                    UNION ALL SELECT 'actions ' || row_to_json(t) FROM compute.actions t
                    UNION ALL SELECT 'events ' || row_to_json(t) FROM compute.events t
                    UNION ALL SELECT 'watched servers ' || row_to_json(t) FROM watch.servers t
                    UNION ALL SELECT 'watched leases ' || row_to_json(t) FROM watch.leases t
                    """
                )
            )
        }
        let lines = try rows.map { try $0.decode(String.self, "line") }
        try Data(lines.joined(separator: "\n").utf8).write(to: fleet.folder.appending(path: "tables.txt"))
    }
}
