import Foundation
import Hypervisor
import Synchronization
import TestSupport
import Testing

@Suite("Scripted faults of the fake hypervisor")
struct FakeFaultTests {
    let hardware = FakeHardware()

    @Test("before the effect nothing has happened, after it everything has", arguments: [false, true])
    func steps(after: Bool) async throws {
        let (fake, server) = (try hardware.open(), try await hardware.makeServer())
        try await fake.inject(.init(step: after ? .after : .before, behaviour: .fail(.unknownOutcome, .interrupted)))
        let error = await #expect(throws: HypervisorError.self) {
            try await fake.softDelete(server, lease: .held(fence(1))) { _ in }
        }
        #expect(error?.code == .unknownOutcome)
        #expect(error?.reason == .interrupted)
        #expect(try await fake.powerState(of: server) == (after ? .shutdown : .running))
        #expect(try await fake.effects(of: server, .softDelete) == (after ? 1 : 0))
    }

    @Test("happens as often as it was told, over all processes and callers")
    func times() async throws {
        let server = try await hardware.makeServer()
        try await hardware.open().inject(.init(step: .before, behaviour: .fail(.transient, .hostUnreachable), times: 5))
        let failures = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 {
                group.addTask { [hardware] in
                    do {
                        try await hardware.open().restore(server, lease: .held(fence(1))) { _ in }
                        return false
                    } catch let error as HypervisorError where error.code == .transient {
                        return true
                    }
                }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(failures == 5)
    }

    @Test("hits the server and the operation that it names, and no other")
    func aim() async throws {
        let (fake, server, other) = (
            try hardware.open(), try await hardware.makeServer(), try await hardware.makeServer()
        )
        try await fake.inject(
            .init(server: server, operation: .restore, step: .before, behaviour: .fail(.permanent, .diskMissing))
        )
        try await fake.restore(other, lease: .held(fence(1))) { _ in }
        try await fake.softDelete(server, lease: .held(fence(1))) { _ in }
        let error = await #expect(throws: HypervisorError.self) {
            try await fake.restore(server, lease: .held(fence(1))) { _ in }
        }
        #expect(error?.code == .permanent)
    }

    @Test("comes in the order in which it was added, and ends when cleared")
    func order() async throws {
        let (fake, server) = (try hardware.open(), try await hardware.makeServer())
        try await fake.inject(.init(step: .before, behaviour: .fail(.transient, .hostUnreachable), times: 1))
        try await fake.inject(.init(step: .before, behaviour: .fail(.notFound, .serverNotOnHost)))
        for code in [HypervisorError.Code.transient, .notFound, .notFound] {
            let error = await #expect(throws: HypervisorError.self) {
                try await fake.restore(server, lease: .held(fence(1))) { _ in }
            }
            #expect(error?.code == code)
        }
        try await fake.clearFaults()
        try await fake.restore(server, lease: .held(fence(1))) { _ in }
    }

    @Test("a call that is slow takes its time and tells its progress")
    func slow() async throws {
        let (fake, server) = (try hardware.open(), try await hardware.makeServer())
        try await fake.inject(.init(step: .before, behaviour: .slow(milliseconds: 50)))
        let percents = Mutex<[Int]>([])
        let start = ContinuousClock.now
        try await fake.softDelete(server, lease: .held(fence(1))) { step in
            percents.withLock { $0.append(step.percent) }
        }
        #expect(ContinuousClock.now - start >= .milliseconds(50))
        #expect(percents.withLock { $0 } == [0, 9, 18, 27, 36, 45, 54, 63, 72, 81, 90, 100])
    }

    @Test(
        "a call that is slow or hangs ends when it is cancelled",
        arguments: [FakeHypervisor.Fault.Behaviour.hang, .slow(milliseconds: 3_600_000)]
    )
    func cancelled(_ behaviour: FakeHypervisor.Fault.Behaviour) async throws {
        let (fake, server) = (try hardware.open(), try await hardware.makeServer())
        try await fake.inject(.init(step: .before, behaviour: behaviour))
        let error = await #expect(throws: HypervisorError.self) {
            try await withThrowingTaskGroup { group in
                group.addTask { try await fake.softDelete(server, lease: .held(fence(1))) { _ in } }
                group.cancelAll()
                try await group.waitForAll()
            }
        }
        #expect(error?.code == .cancelled)
        #expect(try await fake.effects(of: server, .softDelete) == 0)
    }

    @Test("a call that is stuck takes its time and acts although it was cancelled, and obeys its fence all the same")
    func stuck() async throws {
        let (fake, server) = (try hardware.open(), try await hardware.makeServer())
        try await fake.inject(.init(step: .before, behaviour: .stuck(milliseconds: 50)))
        let percents = Mutex<[Int]>([])
        let cancelledCall = { @Sendable (token: Int64) in
            withUnsafeCurrentTask { $0?.cancel() }
            try await fake.softDelete(server, lease: .held(fence(token))) { step in
                percents.withLock { $0.append(step.percent) }
            }
        }
        let start = ContinuousClock.now
        try await Task { try await cancelledCall(2) }.value
        #expect(ContinuousClock.now - start >= .milliseconds(50))
        #expect(percents.withLock { $0 } == [0, 1, 100])
        #expect(try await fake.effects(of: server, .softDelete) == 1)

        let error = await #expect(throws: HypervisorError.self) { try await Task { try await cancelledCall(1) }.value }
        #expect(error?.code == .staleFence)
    }

    @Test("a call that was cancelled before it reached the lock has no effect")
    func cancelledBeforeTheLock() async throws {
        let (fake, server) = (try hardware.open(), try await hardware.makeServer())
        let error = await #expect(throws: HypervisorError.self) {
            try await withThrowingTaskGroup { group in
                group.addTask {
                    withUnsafeCurrentTask { $0?.cancel() }
                    try await fake.destroy(server, lease: .held(fence(1))) { _ in }
                }
                try await group.waitForAll()
            }
        }
        #expect(error?.code == .cancelled)
        #expect(try await fake.powerState(of: server) == .running)
    }

    @Test("while the host is down every call says so, in every process")
    func hostDown() async throws {
        let (fake, other, server) = (try hardware.open(), try hardware.open(), try await hardware.makeServer())
        try await fake.setHostDown(true)
        let calls: [@Sendable () async throws -> Void] = [
            { _ = try await other.inventory() },
            { _ = try await other.powerState(of: server) },
            { try await other.softDelete(server, lease: .held(fence(1))) { _ in } },
            { try await other.restore(server, lease: .held(fence(1))) { _ in } },
            { try await other.destroy(server, lease: .held(fence(1))) { _ in } },
        ]
        for call in calls {
            let error = await #expect(throws: HypervisorError.self) { try await call() }
            #expect(error?.code == .transient)
            #expect(error?.reason == .hostUnreachable)
        }
        try await fake.setHostDown(false)
        #expect(try await other.powerState(of: server) == .running)
    }

    @Test("a process that dies leaves the state of the step it had come to", arguments: [false, true])
    func death(after: Bool) async throws {
        let (fake, server) = (try hardware.open(), try await hardware.makeServer())
        try await fake.inject(.init(step: after ? .after : .before, behaviour: .die, times: 1))
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [directory = hardware.directory as String, host = hardware.host as String, server = server as UUID] in
            let fake = try FakeHypervisor(directory: directory, host: host)
            try await fake.softDelete(server, lease: .held(Fence(timeline: 1, token: 1))) { _ in }
        }
        #expect(try await fake.effects(of: server, .softDelete) == (after ? 1 : 0))
        try await fake.softDelete(server, lease: .held(fence(2))) { _ in }
        #expect(try await fake.effects(of: server, .softDelete) == 1)
        #expect(try await fake.powerState(of: server) == .shutdown)
    }
}
