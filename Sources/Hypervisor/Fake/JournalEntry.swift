package import Foundation

extension FakeHypervisor {
    /// What was done to a server.
    package enum Operation: String, Sendable, Hashable, Codable, CaseIterable {
        /// An administrator made or changed the machine.
        case define
        /// The server was powered off.
        case softDelete = "soft_delete"
        /// The server was powered on.
        case restore
        /// The server was removed.
        case destroy
    }

    /// One line of a server's journal: a call that was let through, and the server as it was after it.
    package struct JournalEntry: Sendable, Hashable, Codable {
        /// When, on the clock of the process that acted; for people, since the order of the lines is the order of
        /// events.
        package var at: Date
        /// The server.
        package var server: UUID
        /// What was asked for.
        package var operation: Operation
        /// The highest fence seen so far, which is that of this call; nil until the first call that had one.
        package var fence: Fence?
        /// Whether the call changed anything; false for a repetition, and for a server that is not there.
        package var effective: Bool
        /// Power state after the call.
        package var powerState: PowerState
        /// Whether the server exists after the call.
        package var defined: Bool
        /// Name of the server on the host.
        package var name: String
        /// Owner of the server, where one was given.
        package var owner: HypervisorServer.Owner?
        /// Process that acted.
        package var worker: Int32

        private enum CodingKeys: String, CodingKey {
            case at, server, operation, fence, effective, defined, name, owner, worker
            case powerState = "power_state"
        }
    }
}

extension FakeHypervisor.JournalEntry {
    /// Bytes that a line can have at most, well above what the limit on names allows: what a reader has to read of a
    /// journal's end to be sure of a whole line.
    static let longestLine = 8_192

    /// The state of a server that nothing is known of yet.
    init(server: UUID, operation: FakeHypervisor.Operation, powerState: PowerState, defined: Bool) {
        self.init(
            at: Date(),
            server: server,
            operation: operation,
            fence: nil,
            effective: false,
            powerState: powerState,
            defined: defined,
            name: "",
            owner: nil,
            worker: getpid()
        )
    }

    /// Notes that this process does something to the server now.
    mutating func stamp(_ operation: FakeHypervisor.Operation) {
        self.operation = operation
        at = Date()
        worker = getpid()
    }

    /// Refuses names so long that a line could outgrow ``longestLine``.
    static func checkLengths(_ names: [String]) throws(HypervisorError) {
        guard let tooLong = names.first(where: { $0.utf8.count > 255 }) else { return }
        throw HypervisorError(
            .permanent,
            reason: .hypervisorFault,
            message: "a name has \(tooLong.utf8.count) bytes, the fake keeps 255 at most: \(tooLong.prefix(40))…"
        )
    }

    /// The line of this entry, with its line feed.
    func line() throws(HypervisorError) -> Data {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .secondsSince1970
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return try encoder.encode(self) + Data("\n".utf8)
        } catch {
            throw HypervisorError(
                .permanent,
                reason: .hypervisorFault,
                message: "an entry of the journal of server \(server) cannot be written as JSON",
                cause: error
            )
        }
    }

    /// Reads one line back.
    static func parse(_ line: Data, path: String) throws(HypervisorError) -> Self {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .secondsSince1970
        do {
            return try decoder.decode(Self.self, from: line)
        } catch {
            throw HypervisorError(
                .permanent,
                reason: .hypervisorFault,
                message: "\(path) has a line that is no journal entry",
                cause: error
            )
        }
    }
}
