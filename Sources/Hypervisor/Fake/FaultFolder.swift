import Foundation

/// The scripted faults of a host: one file each, and beside it one byte for every call that it has hit.
struct FaultFolder: Sendable {
    let path: String

    func add(_ fault: FakeHypervisor.Fault) throws(HypervisorError) {
        // The names sort by the time they were added, also between processes.
        let microseconds = Int(Date().timeIntervalSince1970 * 1_000_000)
        let name = "\(path)/\(microseconds)-\(UUID().uuidString).fault"
        do {
            try JSONEncoder().encode(fault).write(to: URL(fileURLWithPath: name), options: .atomic)
        } catch {
            throw HypervisorError(
                .permanent,
                reason: .hypervisorFault,
                message: "the fault \(name) cannot be written",
                cause: error
            )
        }
    }

    func removeAll() throws(HypervisorError) {
        for name in try HostFolder.list(path) {
            let file = "\(path)/\(name)"
            guard unlink(file) == 0 || errno == ENOENT else { throw HypervisorError.system("unlink", file) }
        }
    }

    /// Finds the oldest fault that matches and counts this call as hit by it.
    /// - Returns: what is to happen, or nil when no fault matches or all that do are used up.
    func take(
        _ step: FakeHypervisor.Fault.Step,
        _ call: FakeCall
    ) throws(HypervisorError) -> FakeHypervisor.Fault.Behaviour? {
        for name in try HostFolder.list(path).filter({ $0.hasSuffix(".fault") }).sorted() {
            let file = "\(path)/\(name)"
            guard let fault = try read(file), fault.matches(step, call) else { continue }
            if try use(file, times: fault.times) { return fault.behaviour }
        }
        return nil
    }

    /// Reads a fault; nil when it has just been cleared.
    private func read(_ file: String) throws(HypervisorError) -> FakeHypervisor.Fault? {
        guard let open = try OpenFile.existing(file) else { return nil }
        defer { open.close() }
        do {
            return try JSONDecoder().decode(
                FakeHypervisor.Fault.self,
                from: Data(open.read(from: 0, count: open.size()))
            )
        } catch {
            throw HypervisorError(
                .permanent,
                reason: .hypervisorFault,
                message: "\(file) is no fault",
                cause: error
            )
        }
    }

    private func use(_ file: String, times: Int?) throws(HypervisorError) -> Bool {
        guard let times else { return true }
        let uses = try OpenFile.appending("\(file).uses")
        defer { uses.close() }
        // Looked at first, so that the file of a fault that is used up does not grow for ever.
        guard try uses.size() < times else { return false }
        return try uses.count() <= times
    }
}
