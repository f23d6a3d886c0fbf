import Compute
import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

/// What the tables themselves refuse, whoever writes.
@Suite("A row that cannot be", .migratedDatabase)
struct SoundRowTests {
    @Test(
        "is refused as a server",
        arguments: [
            "vm_state = 'gone'", "task_state = 'resting'", "power_state = 2", "locked_by = 'nobody'",
            "project_id = 'ABC'", "project_id = repeat('a', 256)", "user_id = ''", "name = ''",
            "name = repeat('x', 256)", "host = '-x'", "host = repeat('x', 254)", "host = 'a/b'",
            // What is gone is at rest.
            "vm_state = 'deleted', task_state = null, terminated_at = null",
            "vm_state = 'deleted', task_state = 'deleting', terminated_at = now()",
            // What lies in the bin has its dates.
            "vm_state = 'soft-delete', deleted_at = now(), purge_at = null",
            "vm_state = 'soft-delete', deleted_at = null, purge_at = now()",
            "vm_state = 'soft-delete', deleted_at = now(), purge_at = now(), task_state = 'soft-deleting', keep_for = '1 h'",
            // What lives is not due, and not deleted but by somebody.
            "purge_at = now()", "deleted_at = now()", "task_state = 'restoring'",
            "task_state = 'soft-deleting', deleted_at = now(), keep_for = null",
            "task_state = 'soft-deleting', deleted_at = null, keep_for = '1 h'",
            "task_state = 'deleting', purge_at = now()",
        ]
    )
    func server(change: String) async throws {
        try await Bin.open { bin in
            let id = try await bin.adopt()
            let before = try await bin.server(id)
            try await refused(bin, "UPDATE compute.servers SET \(change)")
            #expect(try await bin.server(id) == before)
        }
    }

    @Test(
        "is none as a server in any of its states",
        arguments: [
            "power_state = 4, vm_state = 'stopped'", "locked_by = 'admin'", "vm_state = 'error'",
            "task_state = 'soft-deleting', deleted_at = now(), keep_for = '1 h'", "task_state = 'deleting'",
            "vm_state = 'soft-delete', deleted_at = now(), purge_at = now()",
            "vm_state = 'soft-delete', deleted_at = now(), purge_at = now(), task_state = 'restoring'",
            "vm_state = 'soft-delete', deleted_at = now(), purge_at = now(), task_state = 'deleting'",
            "vm_state = 'deleted', deleted_at = now(), purge_at = now(), terminated_at = now()",
        ]
    )
    func soundServer(change: String) async throws {
        try await Bin.open { bin in
            _ = try await bin.adopt()
            try await bin.run("UPDATE compute.servers SET \(change)")
        }
    }

    @Test(
        "is refused as a task",
        arguments: [
            "queue = 'a b'", "queue = repeat('x', 254)", "queue = '.x'", "kind = 'Restore'", "kind = repeat('k', 41)",
            "priority = 3", "priority = -1", "max_attempts = 0", "max_attempts = 101", "attempt = -1",
            "lost_leases = -1", "status = 'succeeded'", "status = 'running'", "lease_token = 1", "lease_timeline = 1",
            "lease_expires_at = now()", "worker_id = 'w'",
            "status = 'running', lease_token = 1, lease_timeline = 1, lease_expires_at = now()",
        ]
    )
    func task(change: String) async throws {
        try await Bin.open { bin in
            let id = try await bin.adopt()
            guard case .accepted = try await bin.delete(id) else { throw Unexpected("refused") }
            try await refused(bin, "UPDATE queue.tasks SET \(change)")
        }
    }

    @Test("is refused as a new task", arguments: ["", "-", "a b", String(repeating: "x", count: 254)])
    func newTask(queue: String) async throws {
        try await Bin.open { (bin: Bin) async throws -> Void in
            let task = NewTask(queue: queue, kind: "restore", subjectID: UUID(), requestID: "req-1")
            await #expect(throws: QueueError.self) { try await bin.queue.enqueue(task) }
            let count = Statement("SELECT count(*) AS value FROM queue.tasks")
            #expect(try await bin.value(Int.self, count) == 0)
        }
    }

    private func refused(_ bin: Bin, _ sql: String) async throws {
        let error = await #expect(throws: PostgresError.self) { try await bin.run(sql) }
        #expect(error?.sqlState == "23514", "\(sql)")
    }
}
