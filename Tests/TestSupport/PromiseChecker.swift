import Foundation
import Hypervisor

/// Judges a run by the promises of DESIGN section 2, one sentence a violation.
///
/// What can be judged as it happens is noted step by step, so that a simulation stops at the step that broke a
/// promise; ``violations(in:)`` notes a whole record and then judges how it ended.
package struct PromiseChecker: Sendable {
    private var highest: [UUID: Fence] = [:]
    private var changes: [Change: Int] = [:]
    private var dates: [UUID: RunRecord.Dates] = [:]
    private let knowsEveryDate: Bool

    /// One direction in which one task may change its server once.
    private struct Change: Hashable {
        var task: UUID
        var operation: FakeHypervisor.Operation
    }

    /// - Parameter knowsEveryDate: whether each change of a server's dates will be noted.
    package init(knowsEveryDate: Bool) {
        self.knowsEveryDate = knowsEveryDate
    }

    /// Every promise that a run broke; empty when it kept them all.
    package static func violations(in record: RunRecord) -> [String] {
        var checker = PromiseChecker(knowsEveryDate: record.knowsEveryDate)
        var found = record.effects.flatMap { checker.note($0) }
        found += record.dates.flatMap { checker.note($0) }
        for server in record.servers where server.vmState != nil {
            found += checker.note(.init(server: server.id, deletedAt: server.deletedAt, purgeAt: server.purgeAt))
        }
        let verdict = EndVerdict(of: record)
        return found + verdict.ofRequests() + verdict.ofTasks() + verdict.ofEffects() + verdict.ofServers()
    }

    /// Notes an effect on the hardware, in the order of a server's effects, and says what is wrong with it.
    package mutating func note(_ effect: RunRecord.Effect) -> [String] {
        guard let fence = effect.fence else { return [] }
        var found: [String] = []
        if let highest = highest[effect.server], fence < highest {
            found.append("promise 3 (fenced): \(effect.text) came after fence \(highest)")
        }
        highest[effect.server] = max(fence, highest[effect.server] ?? fence)
        if effect.leaseWasLive == false {
            found.append("promise 3 (fenced): \(effect.text) came without a live lease")
        }
        if effect.changed, let task = effect.task {
            changes[Change(task: task, operation: effect.operation), default: 0] += 1
            if changes[Change(task: task, operation: effect.operation)] == 2 {
                found.append("promise 2 (one winner): task \(task) changed its server twice: \(effect.text)")
            }
        }
        return found
    }

    /// Notes the dates of a server, in the order in which they were seen, and says what is wrong with the change.
    package mutating func note(_ seen: RunRecord.Dates) -> [String] {
        defer { dates[seen.server] = seen }
        guard let last = dates[seen.server]?.purgeAt, let next = seen.purgeAt else { return [] }
        if next < last {
            return ["promise 4 (retention): purge_at of server \(seen.server) moved from \(last) back to \(next)"]
        }
        if knowsEveryDate, next != last {
            return ["promise 4 (retention): purge_at of server \(seen.server) moved from \(last) to \(next)"]
        }
        if knowsEveryDate, dates[seen.server]?.deletedAt != seen.deletedAt {
            return ["promise 4 (retention): deleted_at of server \(seen.server) moved while it lay in the bin"]
        }
        return []
    }
}

extension RunRecord.Effect {
    var text: String {
        "\(operation.rawValue) of server \(server) under fence \(fence.map(String.init(describing:)) ?? "none")"
    }
}
