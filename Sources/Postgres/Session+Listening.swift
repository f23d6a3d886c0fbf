import CLibPQ

/// What a `NOTIFY` brought.
struct Notification: Sendable, Hashable {
    let channel: String
    let payload: String
}

extension Session {
    /// Asks whether the server is a standby, which answers queries and never notifies anybody, and for its number of
    /// this session; it doubles as the proof that the server is alive.
    func askServer(until deadline: Deadline) throws(PostgresError) -> (isStandby: Bool, backend: Int32) {
        let rows = try runAlone(
            Statement("SELECT pg_is_in_recovery() AS standby, pg_backend_pid() AS backend"),
            until: deadline
        )
        guard let row = rows.first else {
            throw PostgresError(.decoding, "The server did not say whether it is a standby.", retry: .never)
        }
        return (try row.decode(Bool.self, "standby"), try row.decode(Int32.self, "backend"))
    }

    /// Subscribes to a channel, whose name is quoted, so any name will do.
    func listen(to channel: String, until deadline: Deadline) throws(PostgresError) {
        guard let quoted = PQescapeIdentifier(handle, channel, channel.utf8.count) else {
            throw PostgresError(.connectionFailed, "Channel name cannot be quoted: \(libpqMessage)", retry: .never)
        }
        defer { PQfreemem(quoted) }
        let sql = "LISTEN \(String(cString: quoted))"
        _ = try exchange(Call(text: sql, deadline: deadline)) { PQsendQuery(self.handle, sql) == 1 }
    }

    /// Reads what has arrived, without waiting.
    /// - Throws: ``PostgresError`` `.connectionLost` when the server is gone.
    func readNotifications() throws(PostgresError) -> [Notification] {
        let isAlive = PQconsumeInput(handle) == 1
        var found: [Notification] = []
        while let notification = PQnotifies(handle) {
            defer { PQfreemem(notification) }
            let (channel, payload) = (notification.pointee.relname, notification.pointee.extra)
            found.append(
                Notification(
                    channel: channel.map { String(cString: $0) } ?? "",
                    payload: payload.map { String(cString: $0) } ?? ""
                )
            )
        }
        guard isAlive || !found.isEmpty else {
            throw PostgresError(.connectionLost, "The listening connection was lost: \(libpqMessage)", retry: .safe)
        }
        return found
    }
}
