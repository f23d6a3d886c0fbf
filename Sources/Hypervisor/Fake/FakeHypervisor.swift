package import Foundation

/// A hypervisor made of files: it behaves like the hardware of one host, for tests, demonstrations and crash runs.
///
/// Everything stands in a directory, so that several worker processes, and one that was started again, see the same
/// machines. Each server has a journal, `<directory>/<host>/<server id>.journal`, and **the journal is the state**: one
/// call appends one JSON line with one write, and the last complete line says what the server is now. Because nothing
/// else is stored, no `kill -9` can fall between an effect and its record, and a checker can prove from the journals
/// alone who did what under which fence. Nothing is synced to disk: the fake outlives processes, not the machine.
///
/// Calls that were refused (a stale fence, a scripted failure before the lock) leave no line.
package struct FakeHypervisor: HypervisorDriver {
    /// The host whose hardware this is.
    package let host: String

    let folder: HostFolder
    let lockPatience: Duration

    /// Opens the hardware of one host and makes its folder where there is none yet.
    /// - Parameters:
    ///   - directory: folder shared by every process that is to see the same hardware.
    ///   - host: name of the host, and of its folder below `directory`: not empty, no slash, no leading dot.
    ///   - lockPatience: how long a call waits for the lock of a server that another call holds.
    /// - Throws: ``HypervisorError`` `.permanent` when the name cannot be used or the folder cannot be made.
    package init(
        directory: String,
        host: String,
        lockPatience: Duration = .seconds(2)
    ) throws(HypervisorError) {
        self.host = host
        self.folder = try HostFolder(directory: directory, host: host)
        self.lockPatience = lockPatience
    }

    /// Constant: the fences stand in the journals, and owners are told where ``define(_:name:powerState:owner:)`` was
    /// given one.
    package var capabilities: HypervisorCapabilities {
        HypervisorCapabilities(driverName: "fake", keepsFencesAcrossProcesses: true, tellsOwners: true)
    }

    /// Lists the servers that are defined on this host, in the order of their identities.
    package func inventory() async throws(HypervisorError) -> [HypervisorServer] {
        let folder = folder
        return try await FileWork.run { () throws(HypervisorError) in
            try folder.requireHostUp()
            var servers: [HypervisorServer] = []
            for server in try folder.serverIDs() {
                guard let entry = try folder.journal(of: server).last(), entry.defined else { continue }
                servers.append(
                    HypervisorServer(id: server, name: entry.name, powerState: entry.powerState, owner: entry.owner)
                )
            }
            return servers
        }
    }

    /// Reads the last line of a server's journal.
    package func powerState(of server: UUID) async throws(HypervisorError) -> PowerState {
        let folder = folder
        return try await FileWork.run { () throws(HypervisorError) in
            try folder.requireHostUp()
            guard let entry = try folder.journal(of: server).last(), entry.defined else {
                throw HypervisorError.notOnHost(server, host: folder.host)
            }
            return entry.powerState
        }
    }

    /// Powers a server off.
    package func softDelete(
        _ server: UUID,
        lease: HypervisorLease,
        progress: @escaping @Sendable (HypervisorStep) -> Void
    ) async throws(HypervisorError) {
        try await perform(FakeCall(operation: .softDelete, server: server, lease: lease), progress: progress)
    }

    /// Powers a server on.
    package func restore(
        _ server: UUID,
        lease: HypervisorLease,
        progress: @escaping @Sendable (HypervisorStep) -> Void
    ) async throws(HypervisorError) {
        try await perform(FakeCall(operation: .restore, server: server, lease: lease), progress: progress)
    }

    /// Takes a server off the host for good.
    package func destroy(
        _ server: UUID,
        lease: HypervisorLease,
        progress: @escaping @Sendable (HypervisorStep) -> Void
    ) async throws(HypervisorError) {
        try await perform(FakeCall(operation: .destroy, server: server, lease: lease), progress: progress)
    }
}
