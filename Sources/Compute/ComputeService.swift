package import Foundation
import Postgres
import TaskQueue

/// A host with its workers, as clients of the Compute API know a service.
package struct ComputeService: Sendable, Hashable, Identifiable {
    /// Its id, by which clients from 2.53 on know it.
    package var id: UUID
    /// The number by which clients up to 2.52 know it.
    package var number: Int
    /// The host that it serves.
    package var host: String
    /// Whether one of its workers was seen within 30 s.
    package var isAlive: Bool
    /// When one of them was seen last; nil: none ever.
    package var lastSeenAt: Date?
    /// Since when its tasks wait: no worker claims from its queue.
    package var disabledAt: Date?
    /// Why it was disabled, as an administrator said; nil when nobody did.
    package var disabledReason: String?
    /// An operator says that it is down, whatever its workers say.
    package var isForcedDown: Bool

    /// - Parameter number: by which clients up to 2.52 know it.
    package init(
        id: UUID,
        number: Int,
        host: String,
        isAlive: Bool,
        lastSeenAt: Date? = nil,
        disabledAt: Date? = nil,
        disabledReason: String? = nil,
        isForcedDown: Bool = false
    ) {
        self.id = id
        self.number = number
        self.host = host
        self.isAlive = isAlive
        self.lastSeenAt = lastSeenAt
        self.disabledAt = disabledAt
        self.disabledReason = disabledReason
        self.isForcedDown = isForcedDown
    }
}

/// Hosts. Each call throws ``ComputeError``.
extension ServerStore {
    /// The hosts on which servers live, that workers have served, or of which an operator has said something, by name.
    /// - Parameter hosts: only these; nil: all, which takes a look at all servers.
    package func services(on hosts: [String]? = nil) async throws -> [ComputeService] {
        try await read(Self.servicesStatement, [.texts(hosts)], ComputeService.init)
    }

    /// Takes a host out of service, or back: while it is disabled its tasks are accepted and wait, and those that run go
    /// on. It is the pause of its queue.
    /// - Parameter reason: shown to whoever waits.
    package func setEnabled(_ isEnabled: Bool, host: String, reason: String? = nil) async throws {
        let queue = TaskQueue(pool: pool)
        do {
            _ = try await isEnabled ? queue.resume(host) : queue.pause(host, reason: reason)
        } catch let error as QueueError {
            throw ComputeError(error)
        }
    }

    /// Says whether a host is to be taken for down, whatever its workers say.
    package func setForcedDown(_ isDown: Bool, host: String) async throws {
        _ = try await read(Self.forceDownStatement, [.text(host), .boolean(isDown)]) { _ in }
    }

    private static let servicesStatement = Statement("SELECT * FROM compute.list_services_v2($1)")
    private static let forceDownStatement = Statement("SELECT compute.force_down_v1($1, $2)")
}

extension ComputeService {
    fileprivate init(_ row: Row) throws {
        self.init(
            id: try row.decode(UUID.self, "id"),
            number: Int(try row.decode(Int32.self, "number")),
            host: try row.decode(String.self, "host"),
            isAlive: try row.decode(Bool.self, "alive"),
            lastSeenAt: try row.decode(Date?.self, "last_seen_at"),
            disabledAt: try row.decode(Date?.self, "disabled_at"),
            disabledReason: try row.decode(String?.self, "disabled_reason"),
            isForcedDown: try row.decode(Bool.self, "forced_down")
        )
    }
}

extension ComputeError {
    fileprivate init(_ error: QueueError) {
        let code: Code =
            switch error.code {
            case .databaseUnavailable: .databaseUnavailable
            case .outcomeUnknown: .outcomeUnknown
            default: .unexpected
            }
        self.init(code, error.message, cause: error)
    }
}
