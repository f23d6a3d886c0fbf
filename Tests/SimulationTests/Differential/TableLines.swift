import Foundation
import Postgres
import TestSupport

/// The tables as lines of text, from the database and from the model, to be compared.
enum TableLines {
    /// What changes with nearly each operation, and is small.
    static let hot = Statement(
        """
        SELECT concat_ws('|', 'server', id, vm_state, coalesce(task_state, '-'), power_state, held_at IS NOT NULL,
            coalesce(extract(epoch FROM deleted_at)::numeric(20, 1)::text, '-'),
            coalesce(extract(epoch FROM purge_at)::numeric(20, 1)::text, '-'),
            coalesce(force_delete_request_id, '-')) AS line
        FROM compute.servers
        UNION ALL
        SELECT concat_ws('|', 'task', id, queue, kind, subject_id, request_id, priority, position, status,
            extract(epoch FROM available_at)::numeric(20, 1), attempt, max_attempts, lost_leases,
            coalesce(lease_token, 0), coalesce(worker_id, '-'),
            coalesce(extract(epoch FROM lease_expires_at)::numeric(20, 1)::text, '-'), started_at IS NOT NULL,
            ARRAY(SELECT e ->> 'code' FROM jsonb_array_elements(errors) WITH ORDINALITY AS x (e, n) ORDER BY n)::text,
            cancel_requested_at IS NOT NULL)
        FROM queue.tasks
        UNION ALL
        SELECT concat_ws('|', 'guard', coalesce(extract(epoch FROM last_seen_at)::numeric(20, 1)::text, '-'),
            stopped_at IS NOT NULL, coalesce(extract(epoch FROM hour_started_at)::numeric(20, 1)::text, '-'),
            hour_count)
        FROM compute.purge_guard
        """
    )

    /// What only grows.
    static let cold = Statement(
        """
        SELECT concat_ws('|', 'ended', id, kind, subject_id, request_id, status, coalesce(lease_token, 0),
            attempt, lost_leases, coalesce(worker_id, '-'), extract(epoch FROM finished_at)::numeric(20, 1),
            ARRAY(SELECT e ->> 'code' FROM jsonb_array_elements(errors) WITH ORDINALITY AS x (e, n) ORDER BY n)::text
            ) AS line
        FROM (
            SELECT id, kind, subject_id, request_id, status, lease_token, attempt, lost_leases, worker_id,
                finished_at, errors
            FROM queue.history
            UNION ALL
            SELECT id, kind, subject_id, request_id, status, lease_token, attempt, lost_leases, worker_id,
                finished_at, errors
            FROM queue.dead
        ) AS both_places
        UNION ALL
        SELECT concat_ws('|', 'event', request_id, event, attempt, result)
        FROM compute.events WHERE event <> 'compute_adopt_instance'
        """
    )

    static func hot(of model: ModelDatabase) -> [String] {
        let guardRow = model.guardRow
        let guardLine = line(
            "guard",
            time(guardRow.lastSeenAt),
            bit(guardRow.isStopped),
            time(guardRow.hourStartedAt),
            "\(guardRow.hourCount)"
        )
        return model.servers.map(line) + model.tasks.map(line) + [guardLine]
    }

    static func cold(of model: ModelDatabase) -> [String] {
        model.ended.map(line) + model.events.map(line)
    }

    private static func line(_ server: ModelServer) -> String {
        line(
            "server",
            text(server.id),
            server.vmState,
            server.taskState ?? "-",
            "\(server.powerState)",
            bit(server.isHeld),
            time(server.deletedAt),
            time(server.purgeAt),
            server.waitingForceDelete ?? "-"
        )
    }

    private static func line(_ task: ModelTask) -> String {
        line(
            "task",
            text(task.id),
            task.queue,
            task.kind.rawValue,
            text(task.subject),
            task.requestID,
            "\(task.priority)",
            "\(task.position)",
            task.status.rawValue,
            time(task.availableAt),
            "\(task.attempt)",
            "\(task.maxAttempts)",
            "\(task.lostLeases)",
            "\(task.lease?.token ?? 0)",
            task.lease?.worker ?? "-",
            time(task.lease?.expiresAt),
            bit(task.startedAt != nil),
            array(task.errors),
            bit(task.isCancelRequested)
        )
    }

    private static func line(_ ended: ModelEnded) -> String {
        line(
            "ended",
            text(ended.task.id),
            ended.task.kind.rawValue,
            text(ended.task.subject),
            ended.task.requestID,
            ended.status,
            "\(ended.token ?? 0)",
            "\(ended.task.attempt)",
            "\(ended.task.lostLeases)",
            ended.task.lease?.worker ?? "-",
            time(ended.finishedAt),
            array(ended.task.errors)
        )
    }

    private static func line(_ event: ModelEvent) -> String {
        let name =
            switch event.kind {
            case .softDelete: "compute_soft_delete_instance"
            case .restore: "compute_restore_instance"
            case .purge: "compute_purge_instance"
            case .forceDelete: "compute_terminate_instance"
            }
        return line("event", event.requestID, name, "\(event.attempt)", event.isSuccess ? "Success" : "Error")
    }

    private static func line(_ parts: String...) -> String { parts.joined(separator: "|") }
    private static func text(_ id: UUID) -> String { id.uuidString.lowercased() }
    private static func bit(_ value: Bool) -> String { value ? "t" : "f" }
    private static func array(_ codes: [String]) -> String { "{\(codes.joined(separator: ","))}" }
    private static func time(_ date: Date?) -> String {
        date.map { String(format: "%.1f", $0.timeIntervalSince1970) } ?? "-"
    }
}
