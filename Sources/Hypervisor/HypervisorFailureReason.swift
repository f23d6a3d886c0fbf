/// What an owner may be told about a failure: a fixed list, so that no path, address or host internal can slip through.
package enum HypervisorFailureReason: String, Sendable, Hashable, Codable, CaseIterable {
    /// The host does not answer.
    case hostUnreachable = "host_unreachable"

    /// The host has no server of that identity.
    case serverNotOnHost = "server_not_on_host"

    /// A disk of the server cannot be found.
    case diskMissing = "disk_missing"

    /// The host has not enough free memory for the server.
    case notEnoughMemory = "not_enough_memory"

    /// The server is busy with something else on the host.
    case serverBusy = "server_busy"

    /// The hypervisor reported a fault of its own.
    case hypervisorFault = "hypervisor_fault"

    /// The work was interrupted before it was known to be done.
    case interrupted

    /// One sentence for the owner of the server.
    package var sentence: String {
        switch self {
        case .hostUnreachable: "The host of this server does not answer."
        case .serverNotOnHost: "The host no longer has this server."
        case .diskMissing: "A disk of this server could not be found."
        case .notEnoughMemory: "The host has not enough free memory for this server."
        case .serverBusy: "The server is busy with another operation on its host."
        case .hypervisorFault: "The hypervisor reported a fault."
        case .interrupted: "The operation was interrupted before it was complete."
        }
    }
}
