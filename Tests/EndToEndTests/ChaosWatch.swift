import Foundation
import Hypervisor
import Postgres
import TestSupport

/// Triggers that keep every change of a server's dates and of a task's lease, in the transaction that makes it: looking
/// now and then could miss one.
struct ChaosWatch {
    /// A server as a change left it.
    struct ServerChange: Sendable {
        var at: Date
        var server: UUID
        var vmState: String
        var deletedAt: Date?
        var purgeAt: Date?
    }

    /// A task's lease as a change left it; no token when it had none any more.
    struct LeaseChange: Sendable {
        var at: Date
        var task: UUID
        var token: Int64?
        var expiresAt: Date?
    }

    var servers: [UUID: [ServerChange]] = [:]
    var leases: [UUID: [LeaseChange]] = [:]
    /// The task for which a token was drawn.
    var taskOfToken: [Int64: UUID] = [:]

    static func install(on database: TestDatabase) async throws {
        try await database.withConnection { try await $0.runScript(script, timeout: .seconds(10)) }
    }

    private static let script = """
        CREATE SCHEMA watch;
        CREATE TABLE watch.servers (
            n bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(), server uuid NOT NULL,
            vm_state text NOT NULL, deleted_at timestamptz, purge_at timestamptz
        );
        CREATE TABLE watch.leases (
            n bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(), task uuid NOT NULL,
            token bigint, expires_at timestamptz
        );
        CREATE FUNCTION watch.server() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO watch.servers (server, vm_state, deleted_at, purge_at)
            VALUES (new.id, new.vm_state, new.deleted_at, new.purge_at);
            RETURN NULL;
        END $$;
        CREATE FUNCTION watch.lease() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF tg_op = 'DELETE' THEN
                INSERT INTO watch.leases (task) VALUES (old.id);
            ELSE
                INSERT INTO watch.leases (task, token, expires_at)
                VALUES (new.id, new.lease_token, new.lease_expires_at);
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER watch AFTER INSERT OR UPDATE ON compute.servers
            FOR EACH ROW EXECUTE FUNCTION watch.server();
        CREATE TRIGGER watch AFTER INSERT OR UPDATE OR DELETE ON queue.tasks
            FOR EACH ROW EXECUTE FUNCTION watch.lease();
        """

    /// Reads what the triggers kept.
    init(_ connection: Connection) async throws {
        let changes = try await connection.execute(Statement("SELECT * FROM watch.servers ORDER BY n"))
        for row in changes {
            let change = ServerChange(
                at: try row.decode(Date.self, "at"),
                server: try row.decode(UUID.self, "server"),
                vmState: try row.decode(String.self, "vm_state"),
                deletedAt: try row.decode(Date?.self, "deleted_at"),
                purgeAt: try row.decode(Date?.self, "purge_at")
            )
            servers[change.server, default: []].append(change)
        }
        for row in try await connection.execute(Statement("SELECT * FROM watch.leases ORDER BY n")) {
            let change = LeaseChange(
                at: try row.decode(Date.self, "at"),
                task: try row.decode(UUID.self, "task"),
                token: try row.decode(Int64?.self, "token"),
                expiresAt: try row.decode(Date?.self, "expires_at")
            )
            leases[change.task, default: []].append(change)
            if let token = change.token { taskOfToken[token] = change.task }
        }
    }

    /// Whether the database held a lease to be live at a moment: granted, not yet taken back or finished, and within the
    /// time up to which it had been extended by then.
    func isLive(_ token: Int64, at moment: Date) -> Bool {
        guard let task = taskOfToken[token], let change = leases[task]?.last(where: { $0.at <= moment }) else {
            return false
        }
        return change.token == token && change.expiresAt.map { moment <= $0 } == true
    }

    /// Whether a server was, at some moment between two, on its way out or out: a delete found nothing to do.
    func wasDeleted(_ server: UUID, between start: Date, and end: Date) -> Bool {
        let changes = servers[server] ?? []
        return changes.indices.contains { index in
            let until = index + 1 < changes.count ? changes[index + 1].at : .distantFuture
            // A change is seen from its commit on, which is a little later than the trigger's time.
            return changes[index].deletedAt != nil && changes[index].at <= end && until.addingTimeInterval(2) >= start
        }
    }
}
