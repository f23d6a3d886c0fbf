import Foundation

/// One effectful call on the fake: what is asked, of which server, under which lease.
struct FakeCall: Sendable {
    var operation: FakeHypervisor.Operation
    var server: UUID
    var lease: HypervisorLease

    /// Name of the one step that a call of the fake has.
    var stepName: String {
        switch operation {
        case .define: "define"
        case .softDelete: "power off"
        case .restore: "power on"
        case .destroy: "remove"
        }
    }

    /// Decides what the call does to a server: the line to append to its journal.
    ///
    /// A server that is not there gets a line too, since the fence must be remembered: the caller sees from `defined`
    /// that nothing was found.
    /// - Parameter last: the last line of the server's journal, or nil when it has none.
    /// - Throws: ``HypervisorError`` `.staleFence` when `last` carries a higher fence, or the lease has run out.
    func entry(after last: FakeHypervisor.JournalEntry?) throws(HypervisorError) -> FakeHypervisor.JournalEntry {
        if let highest = last?.fence, lease.fence < highest {
            throw HypervisorError(
                .staleFence,
                reason: .interrupted,
                message: "\(self) refused: fence \(highest) has been seen"
            )
        }
        guard lease.isHeld() else {
            throw HypervisorError(.staleFence, reason: .interrupted, message: "\(self) refused: the lease has run out")
        }
        var entry =
            last
            ?? FakeHypervisor.JournalEntry(server: server, operation: operation, powerState: .noState, defined: false)
        entry.stamp(operation)
        entry.fence = lease.fence
        entry.effective = apply(to: &entry)
        return entry
    }

    /// Makes the change, and tells whether anything is different from before.
    private func apply(to entry: inout FakeHypervisor.JournalEntry) -> Bool {
        guard entry.defined else { return false }
        switch operation {
        case .define: return false
        case .softDelete: return change(&entry, to: .shutdown)
        case .restore: return change(&entry, to: .running)
        case .destroy:
            entry.defined = false
            entry.powerState = .noState
            return true
        }
    }

    private func change(_ entry: inout FakeHypervisor.JournalEntry, to powerState: PowerState) -> Bool {
        let changes = entry.powerState != powerState
        entry.powerState = powerState
        return changes
    }
}

extension FakeCall: CustomStringConvertible {
    var description: String {
        "\(operation.rawValue) of server \(server.uuidString.lowercased()) under fence \(lease.fence)"
    }
}
