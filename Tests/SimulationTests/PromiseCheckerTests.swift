import Foundation
import Hypervisor
import TestSupport
import Testing

@Suite("The promise checker")
struct PromiseCheckerTests {
    @Test("has nothing to say of a run that kept its promises")
    func good() {
        #expect(PromiseChecker.violations(in: .good) == [])
    }

    @Test("has nothing to say of a run that was cut while tasks were live")
    func cut() {
        var record = RunRecord.good
        record.isCut = true
        record.requests.append(
            .init(id: "req-cut", server: RunRecord.restored, kind: .softDelete, answer: .accepted(task: nil))
        )
        record.tasks.append(
            .init(
                id: UUID(),
                requestID: "req-cut",
                server: RunRecord.restored,
                kind: .softDelete,
                status: "running",
                place: .tasks
            )
        )
        record.servers[0].taskState = "soft-deleting"
        #expect(PromiseChecker.violations(in: record) == [])
    }

    @Test("finds each broken promise", arguments: BrokenPromise.all)
    func bad(promise: BrokenPromise) {
        var record = RunRecord.good
        promise.breakIt(&record)
        let violations = PromiseChecker.violations(in: record)
        #expect(violations.contains { $0.contains(promise.says) }, "found: \(violations)")
    }
}

/// One way in which a good record becomes a bad one.
struct BrokenPromise: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// What the checker must say.
    var says: String
    var breakIt: @Sendable (inout RunRecord) -> Void

    init(_ name: String, _ says: String, _ breakIt: @escaping @Sendable (inout RunRecord) -> Void) {
        (testDescription, self.says, self.breakIt) = (name, says, breakIt)
    }

    static let all: [BrokenPromise] = [
        BrokenPromise("an accepted task is nowhere", "no task is found") { $0.tasks.remove(at: 4) },
        BrokenPromise("an accepted request without a known task is nowhere", "no task is found") { record in
            record.requests.append(
                .init(id: "req-gone", server: RunRecord.binned, kind: .restore, answer: .accepted(task: nil))
            )
        },
        BrokenPromise("a refused request has a task", "was refused, and there is") { $0.requests[0].answer = .refused },
        BrokenPromise("a task ended twice", "is found 2 times") { record in
            var again = record.tasks[0]
            again.place = .dead
            record.tasks.append(again)
        },
        BrokenPromise("a task is still live", "never ended") { record in
            (record.tasks[3].place, record.tasks[3].status) = (.tasks, "running")
        },
        BrokenPromise("an older lease acted after a newer one", "came after fence") { record in
            record.effects.append(.init(RunRecord.restored, .softDelete, 1))
        },
        BrokenPromise("an older timeline acted after a newer one", "came after fence") { record in
            var old = RunRecord.Effect(RunRecord.restored, .softDelete, 99)
            old.fence?.timeline = 0
            record.effects.append(old)
        },
        BrokenPromise("a worker acted without its lease", "without a live lease") { record in
            record.effects[1].leaseWasLive = false
        },
        BrokenPromise("a task acted twice", "changed its server twice") { record in
            record.effects.append(record.effects[1])
        },
        BrokenPromise("one restore powered on twice", "1 restore of server") { record in
            record.effects.append(.init(RunRecord.restored, .restore, 9))
        },
        BrokenPromise("a soft delete powered off twice", "1 soft_delete of server") { record in
            record.effects.append(.init(RunRecord.binned, .softDelete, 9))
        },
        BrokenPromise("a success without an effect", "nothing was done") { $0.effects.remove(at: 1) },
        BrokenPromise("a server destroyed unasked", "nobody asked for it") { record in
            record.tasks.removeAll { $0.kind == .purge }
            record.effects[5].changed = true
        },
        BrokenPromise("a server purged too soon", "before its purge_at") { record in
            record.effects[5].at = RunRecord.day(8).addingTimeInterval(-1)
        },
        BrokenPromise("a row is gone", "has no row") { $0.servers[1].vmState = nil },
        BrokenPromise("hardware is gone", "is lost") { $0.servers[1].powerState = nil },
        BrokenPromise("a deleted server still runs", "its hardware is still there") { record in
            record.servers[2].powerState = .running
        },
        BrokenPromise("a server is wedged", "wedged in restoring") { $0.servers[1].taskState = "restoring" },
        BrokenPromise("a restored server is off", "does not agree with its hardware") { record in
            record.servers[0].powerState = .shutdown
        },
        BrokenPromise("purge_at moved earlier", "back to") { record in
            record.dates.append(.init(RunRecord.binned, purge: 7))
            record.servers[1].purgeAt = RunRecord.day(7)
        },
        BrokenPromise("purge_at moved later without a restore", "moved from") { record in
            record.servers[1].purgeAt = RunRecord.day(9)
        },
        BrokenPromise("deleted_at moved in the bin", "deleted_at of server") { record in
            record.servers[1].deletedAt = RunRecord.day(2)
        },
        BrokenPromise("a failed restore left the server live", "promise 5") { record in
            (record.servers[1].vmState, record.servers[1].deletedAt, record.servers[1].purgeAt) = ("active", nil, nil)
        },
        BrokenPromise("a failed restore moved the dates", "were touched by") { record in
            record.knowsEveryDate = false
            record.servers[1].purgeAt = RunRecord.day(9)
        },
    ]
}

extension RunRecord {
    static let restored = UUID()
    static let binned = UUID()
    static let purged = UUID()

    /// One server that was restored, one whose restore failed, and one that was purged.
    static let good: RunRecord = {
        var record = RunRecord()
        record.knowsEveryDate = true
        for (token, server) in zip(Int64(1)..., [restored, binned, purged]) {
            record.add(.softDelete, server, token: token, "succeeded", .history)
        }
        record.add(.restore, restored, token: 4, "succeeded", .history)
        record.add(.restore, binned, token: 5, "failed", .dead)
        record.add(.purge, purged, token: 6, "succeeded", .history)
        record.requests.removeLast()
        record.effects = [
            .init(restored, .softDelete, 1), .init(restored, .restore, 4),
            .init(binned, .softDelete, 2), .init(binned, .softDelete, 2, changed: false),
            .init(purged, .softDelete, 3), .init(purged, .destroy, 6),
        ]
        record.effects[5].at = day(8)
        record.dates = [.init(restored, purge: 8), .init(restored, purge: nil), .init(binned, purge: 8)]
        record.dates.append(.init(purged, purge: 8))
        record.servers = [
            .init(id: restored, vmState: "active", powerState: .running),
            .init(id: binned, vmState: "soft-delete", deletedAt: day(1), purgeAt: day(8), powerState: .shutdown),
            .init(id: purged, vmState: "deleted", deletedAt: day(1), purgeAt: day(8), powerState: nil),
        ]
        return record
    }()

    static func day(_ number: Int) -> Date {
        Date(timeIntervalSince1970: Double(number) * 86_400)
    }

    private mutating func add(
        _ kind: Kind,
        _ server: UUID,
        token: Int64,
        _ status: String,
        _ place: TaskRow.Place
    ) {
        let (id, request) = (UUID(), "req-\(token)")
        requests.append(.init(id: request, server: server, kind: kind, answer: .accepted(task: id)))
        tasks.append(
            .init(id: id, requestID: request, server: server, kind: kind, status: status, place: place, token: token)
        )
    }
}

extension RunRecord.Effect {
    fileprivate init(
        _ server: UUID,
        _ operation: FakeHypervisor.Operation,
        _ token: Int64,
        changed: Bool = true
    ) {
        // The token stands for the task, of which it is the only lease.
        let task = UUID(uuidString: "00000000-0000-4000-8000-\(String(format: "%012d", token))")
        self.init(
            server: server,
            operation: operation,
            fence: Fence(timeline: 1, token: token),
            changed: changed,
            task: task,
            leaseWasLive: true
        )
    }
}

extension RunRecord.Dates {
    fileprivate init(_ server: UUID, purge: Int?) {
        self.init(server: server, deletedAt: purge.map { _ in RunRecord.day(1) }, purgeAt: purge.map(RunRecord.day))
    }
}
