import Foundation
import Hypervisor
import TestSupport

/// The machines of all hosts, as a driver that keeps its promises changes them.
struct SimulatedHardware {
    struct Machine {
        var powerState: PowerState? = .running
        var highest: Fence?
    }

    enum Refusal: Error { case staleFence, notFound }

    private(set) var machines: [UUID: Machine] = [:]
    var ignoresFences = false
    var ignoresLeases = false

    mutating func define(_ server: UUID) {
        machines[server] = Machine()
    }

    func powerState(of server: UUID) -> PowerState? {
        machines[server]?.powerState
    }

    /// Makes one fenced change, under one lock.
    /// - Returns: whether anything is different from before.
    mutating func perform(
        _ operation: FakeHypervisor.Operation,
        on server: UUID,
        fence: Fence,
        isHeld: Bool
    ) -> Result<Bool, Refusal> {
        guard var machine = machines[server] else { return .failure(.notFound) }
        if let highest = machine.highest, fence < highest, !ignoresFences { return .failure(.staleFence) }
        if !isHeld, !ignoresLeases { return .failure(.staleFence) }
        machine.highest = fence
        defer { machines[server] = machine }
        if machine.powerState == nil {
            if operation == .destroy { return .success(false) }
            return .failure(.notFound)
        }
        let before = machine.powerState
        switch operation {
        case .softDelete: machine.powerState = .shutdown
        case .restore: machine.powerState = .running
        case .destroy: machine.powerState = nil
        case .define: break
        }
        return .success(machine.powerState != before)
    }
}
