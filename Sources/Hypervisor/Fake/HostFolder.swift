import Foundation

/// The folder of one host: journals, scripted faults, and the mark of a host that is down.
struct HostFolder: Sendable {
    let host: String
    let path: String

    init(directory: String, host: String) throws(HypervisorError) {
        guard !host.isEmpty, !host.hasPrefix("."), !host.contains("/") else {
            throw HypervisorError(
                .permanent,
                reason: .hypervisorFault,
                message: "\"\(host)\" cannot be the name of a host's folder"
            )
        }
        self.host = host
        self.path = "\(directory)/\(host)"
        try Self.makeFolder(faults.path)
    }

    var faults: FaultFolder { FaultFolder(path: "\(path)/faults") }

    func journal(of server: UUID) -> ServerJournal {
        ServerJournal(path: "\(path)/\(server.uuidString.lowercased()).journal")
    }

    /// Every server that has a journal, in the order of their identities.
    func serverIDs() throws(HypervisorError) -> [UUID] {
        try Self.list(path)
            .filter { $0.hasSuffix(".journal") }
            .sorted()
            .compactMap { UUID(uuidString: String($0.dropLast(".journal".count))) }
    }

    func requireHostUp() throws(HypervisorError) {
        guard access(downMark, F_OK) == 0 else { return }
        throw HypervisorError(.transient, reason: .hostUnreachable, message: "host \(host) is down")
    }

    func setHostDown(_ down: Bool) throws(HypervisorError) {
        if down {
            try OpenFile.appending(downMark).close()
        } else if unlink(downMark) != 0, errno != ENOENT {
            throw HypervisorError.system("unlink", downMark)
        }
    }

    private var downMark: String { "\(path)/down" }

    private static func makeFolder(_ path: String) throws(HypervisorError) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw HypervisorError(
                .permanent,
                reason: .hypervisorFault,
                message: "the folder \(path) cannot be made",
                cause: error
            )
        }
    }

    /// The names in a folder, in no particular order.
    static func list(_ path: String) throws(HypervisorError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw HypervisorError(
                .transient,
                reason: .hypervisorFault,
                message: "the folder \(path) cannot be listed",
                cause: error
            )
        }
    }
}
