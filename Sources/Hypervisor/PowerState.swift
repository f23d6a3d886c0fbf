/// What a hypervisor says about a server's power, in Nova's numbers.
package enum PowerState: Int, Sendable, Hashable, Codable, CaseIterable {
    /// The hypervisor cannot tell, or the server is not there.
    case noState = 0

    /// The guest runs.
    case running = 1

    /// The guest is stopped in memory and can go on at once.
    case paused = 3

    /// The guest is off; its disk is kept.
    case shutdown = 4

    /// The guest or its emulator ended by a fault.
    case crashed = 6

    /// The guest's memory was written to disk.
    case suspended = 7
}
