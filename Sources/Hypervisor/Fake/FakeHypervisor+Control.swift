package import Foundation

/// What only the fake has: making machines, scripting faults, and reading what happened.
extension FakeHypervisor {
    /// Makes a machine, or changes one that is there, as an administrator at the host would: no fence is asked for, and
    /// the highest one seen stays.
    /// - Parameters:
    ///   - server: identity of the server.
    ///   - name: name on the host; at most 255 bytes of UTF-8.
    ///   - powerState: power state that it has from now on.
    ///   - owner: who owns it, as the inventory will tell; identifiers of at most 255 bytes.
    /// - Throws: ``HypervisorError`` `.permanent` when a name is too long, `.transient` when the lock is not to be had.
    package func define(
        _ server: UUID,
        name: String,
        powerState: PowerState = .running,
        owner: HypervisorServer.Owner? = nil
    ) async throws(HypervisorError) {
        try JournalEntry.checkLengths([name, owner?.projectID ?? "", owner?.userID ?? ""])
        _ = try await append(to: server) { last in
            var entry =
                last ?? JournalEntry(server: server, operation: .define, powerState: powerState, defined: false)
            entry.stamp(.define)
            entry.effective = !entry.defined || entry.powerState != powerState
            (entry.defined, entry.powerState, entry.name, entry.owner) = (true, powerState, name, owner)
            return entry
        }
    }

    /// Takes the host off the network, or back: while it is down every call of the driver throws `.transient` with the
    /// reason `.hostUnreachable`, in every process.
    package func setHostDown(_ down: Bool) async throws(HypervisorError) {
        let folder = folder
        try await FileWork.run { () throws(HypervisorError) in try folder.setHostDown(down) }
    }

    /// Adds a fault. Faults are looked at in the order in which they were added, and a call meets at most one at each
    /// step.
    package func inject(_ fault: Fault) async throws(HypervisorError) {
        let faults = folder.faults
        try await FileWork.run { () throws(HypervisorError) in try faults.add(fault) }
    }

    /// Removes every fault; a call that is slow or hanging already goes on being so.
    package func clearFaults() async throws(HypervisorError) {
        let faults = folder.faults
        try await FileWork.run { () throws(HypervisorError) in try faults.removeAll() }
    }

    /// Everything that happened to one server, oldest first; empty for a server that was never heard of.
    package func journal(of server: UUID) async throws(HypervisorError) -> [JournalEntry] {
        let folder = folder
        return try await FileWork.run { () throws(HypervisorError) in try folder.journal(of: server).entries() }
    }

    /// Everything that happened on this host: one server after the other, each oldest first.
    package func journal() async throws(HypervisorError) -> [JournalEntry] {
        let folder = folder
        return try await FileWork.run { () throws(HypervisorError) in
            var entries: [JournalEntry] = []
            for server in try folder.serverIDs() { entries += try folder.journal(of: server).entries() }
            return entries
        }
    }

    /// How often an operation changed a server; repetitions that changed nothing do not count.
    package func effects(of server: UUID, _ operation: Operation) async throws(HypervisorError) -> Int {
        try await journal(of: server).count { $0.operation == operation && $0.effective }
    }
}
