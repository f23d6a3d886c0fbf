import Compute
import Foundation
import Hypervisor
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("Working on servers", .migratedDatabase)
struct ServerTaskHandlerTests {
    /// Runs `body` with a bin, a host of make-believe machines, and the handler between them.
    private func open(_ body: (Bin, FakeHypervisor, ServerTaskHandler) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "reprieve-handler-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let host = try FakeHypervisor(directory: folder.path, host: Bin.host)
        try await Bin.open { bin in
            try await body(bin, host, ServerTaskHandler(store: bin.store, drivers: [Bin.host: host]))
        }
    }

    private func machine(_ bin: Bin, _ host: FakeHypervisor) async throws -> UUID {
        let id = try await bin.adopt()
        try await host.define(id, name: "srv", powerState: .running)
        return id
    }

    /// Has this asked for, after what must come before it.
    private func accept(_ kind: ServerTaskKind, _ id: UUID, _ bin: Bin, _ handler: ServerTaskHandler) async throws {
        if kind == .restore || kind == .purge {
            _ = try await bin.delete(id)
            let (delete, _) = try await claimAndRun(bin, handler)
            try await bin.finish(delete, .succeeded)
        }
        switch kind {
        case .softDelete: _ = try await bin.delete(id)
        case .restore: _ = try await bin.restore(id)
        case .forceDelete: _ = try await bin.forceDelete(id)
        case .purge:
            try await bin.letRetentionPass(id)
            try await bin.sweep()
        }
    }

    private func claimAndRun(_ bin: Bin, _ handler: ServerTaskHandler) async throws -> (QueuedTask, TaskOutcome) {
        let task = try #require(try await bin.claim().first)
        return (task, await handler.run(task, attempt: .quiet))
    }

    @Test("powers the machine off, on, and destroys it, each under the lease as its fence")
    func lifeCycle() async throws {
        try await open { bin, host, handler in
            let id = try await machine(bin, host)
            _ = try await bin.delete(id)
            let (delete, _) = try await claimAndRun(bin, handler)
            try await bin.finish(delete, .succeeded)
            #expect(try await host.powerState(of: id) == .shutdown)
            _ = try await bin.restore(id)
            let (restore, _) = try await claimAndRun(bin, handler)
            try await bin.finish(restore, .succeeded)
            #expect(try await host.powerState(of: id) == .running)
            _ = try await bin.forceDelete(id)
            let (destroy, _) = try await claimAndRun(bin, handler)
            try await bin.finish(destroy, .succeeded)

            let journal = try await host.journal(of: id).filter { $0.operation != .define }
            #expect(journal.map(\.operation) == [.softDelete, .restore, .destroy])
            let fences = [delete, restore, destroy].map { Fence(timeline: $0.lease.timeline, token: $0.lease.token) }
            #expect(journal.map(\.fence) == fences)
        }
    }

    @Test("after an unknown outcome it looks, and believes what it sees", arguments: [true, false])
    func unknownOutcome(tookEffect: Bool) async throws {
        try await open { bin, host, handler in
            let id = try await machine(bin, host)
            _ = try await bin.delete(id)
            try await host.inject(
                .init(
                    server: id,
                    operation: .softDelete,
                    step: tookEffect ? .after : .before,
                    behaviour: .fail(.unknownOutcome, .hypervisorFault),
                    times: 1
                )
            )
            let (_, outcome) = try await claimAndRun(bin, handler)
            switch outcome {
            case .succeeded: #expect(tookEffect)
            case .failed(let failure): #expect(!tookEffect && failure.isTransient)
            case .cancelled, .unseen: Issue.record("nobody cancelled it")
            }
        }
    }

    @Test("stopped in the middle it looks, and believes what it sees", arguments: [true, false])
    func stopped(tookEffect: Bool) async throws {
        try await open { bin, host, handler in
            let id = try await machine(bin, host)
            _ = try await bin.delete(id)
            try await host.inject(
                .init(server: id, operation: .softDelete, step: tookEffect ? .after : .before, behaviour: .hang)
            )
            let task = try #require(try await bin.claim().first)
            let begun = Guarded(false)
            let attempt = TaskAttempt(report: { _ in begun.withLock { $0 = true } }, isHeld: { true })
            let working = Task { await handler.run(task, attempt: attempt) }
            try await waitUntil("it works, as far as it goes") {
                let isOff = try await host.powerState(of: id) == .shutdown
                return begun.withLock { $0 } && isOff == tookEffect
            }
            working.cancel()
            switch await working.value {
            case .succeeded: #expect(tookEffect)
            case .failed(let failure): #expect(!tookEffect && failure.isTransient)
            case .cancelled, .unseen: Issue.record("it was stopped, and must say why")
            }
        }
    }

    @Test(
        "asked to stop before it begins it only looks what a worker that died has done",
        arguments: ServerTaskKind.allCases,
        [true, false]
    )
    func onlyLooks(kind: ServerTaskKind, wasDone: Bool) async throws {
        try await open { bin, host, handler in
            let id = try await machine(bin, host)
            try await accept(kind, id, bin, handler)
            let dead = try #require(try await bin.claim(lease: .zero).first)
            if wasDone { _ = await handler.run(dead, attempt: .quiet) }
            let effects = try await host.journal(of: id).count
            try await bin.execute(Statement("UPDATE queue.tasks SET cancel_requested_at = now()"))
            #expect(try await bin.sweep().rescued == 1)

            let task = try #require(try await bin.claim().first)
            switch await stopped(handler, task) {
            case .succeeded: #expect(wasDone)
            case .cancelled: #expect(!wasDone)
            case .failed(let failure), .unseen(let failure): throw Unexpected(failure)
            }
            #expect(try await host.journal(of: id).count == effects)
        }
    }

    @Test("after an unknown outcome on a host that has gone away since, the attempt counts: something was tried")
    func unknownThenAway() async throws {
        try await open { bin, host, handler in
            let id = try await machine(bin, host)
            _ = try await bin.delete(id)
            try await host.inject(
                .init(
                    server: id,
                    operation: .softDelete,
                    step: .after,
                    behaviour: .fail(.unknownOutcome, .hypervisorFault),
                    times: 1
                )
            )
            let lost = LostHost(host: host)
            let task = try #require(try await bin.claim().first)
            let outcome = await ServerTaskHandler(store: bin.store, drivers: [Bin.host: lost]).run(
                task,
                attempt: .quiet
            )
            guard case .failed(let failure) = outcome else { throw Unexpected(outcome) }
            #expect(failure.code == "unknown_outcome" && failure.isTransient && failure.countsAsAttempt)
        }
    }

    @Test("called off while nobody can see whether a worker that died has done it, it is looked at again, not ended")
    func unseen() async throws {
        try await open { bin, host, handler in
            let id = try await machine(bin, host)
            try await accept(.restore, id, bin, handler)
            let dead = try #require(try await bin.claim(lease: .zero).first)
            _ = await handler.run(dead, attempt: .quiet)
            try await bin.execute(Statement("UPDATE queue.tasks SET cancel_requested_at = now()"))
            #expect(try await bin.sweep().rescued == 1)

            let blind = ServerTaskHandler(store: bin.store, drivers: [Bin.host: LostHost(host: host)])
            let again = try #require(try await bin.claim().first)
            let outcome = await stopped(blind, again)
            guard case .unseen(let failure) = outcome else { throw Unexpected(outcome) }
            #expect(failure.code == "host_unreachable")
            let held = try #require(try await bin.store.tasks(in: .all, server: id, status: "running").first)
            #expect(held.id == dead.id)
            let lease = HeldLease(task: again.id, token: again.lease.token)
            _ = try await bin.queue.finish([TaskEnding(lease: lease, verb: .unseen(for: .zero), failure: failure)])
            #expect(try await bin.server(id).taskState == .restoring)
            // Once more does not end it sooner.
            #expect(try await bin.store.cancelTask(dead.id, by: "op") == .asked(kind: "restore"))

            try await bin.sweep()
            let seen = try #require(try await bin.claim().first)
            #expect(seen.isCancelRequested)
            guard case .succeeded = await stopped(handler, seen) else { throw Unexpected("it was done") }
            try await bin.finish(seen, .succeeded)
            #expect(try await bin.server(id).vmState == .active)
        }
    }

    /// What a handler makes of a task that it was asked to stop before it began.
    private func stopped(_ handler: ServerTaskHandler, _ task: QueuedTask) async -> TaskOutcome {
        await Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await handler.run(task, attempt: .quiet)
        }.value
    }

    /// A host that can be told to do things and does not answer questions.
    private struct LostHost: HypervisorDriver {
        let host: FakeHypervisor
        var capabilities: HypervisorCapabilities { host.capabilities }

        func inventory() async throws(HypervisorError) -> [HypervisorServer] { try await host.inventory() }

        func powerState(of server: UUID) async throws(HypervisorError) -> PowerState {
            throw HypervisorError(.transient, reason: .hostUnreachable, message: "connection refused")
        }

        func softDelete(
            _ server: UUID,
            lease: HypervisorLease,
            progress: @escaping @Sendable (HypervisorStep) -> Void
        ) async throws(HypervisorError) {
            try await host.softDelete(server, lease: lease, progress: progress)
        }

        func restore(
            _ server: UUID,
            lease: HypervisorLease,
            progress: @escaping @Sendable (HypervisorStep) -> Void
        ) async throws(HypervisorError) {
            try await host.restore(server, lease: lease, progress: progress)
        }

        func destroy(
            _ server: UUID,
            lease: HypervisorLease,
            progress: @escaping @Sendable (HypervisorStep) -> Void
        ) async throws(HypervisorError) {
            try await host.destroy(server, lease: lease, progress: progress)
        }
    }

    @Test("a purge that must not be is cancelled before the hypervisor hears of it")
    func savedPurge() async throws {
        try await open { bin, host, handler in
            let id = try await machine(bin, host)
            _ = try await bin.delete(id)
            let (delete, _) = try await claimAndRun(bin, handler)
            try await bin.finish(delete, .succeeded)
            try await bin.letRetentionPass(id)
            try await bin.sweep()
            try await hold(bin, id)
            let (_, outcome) = try await claimAndRun(bin, handler)
            guard case .cancelled = outcome else { throw Unexpected(outcome) }
            #expect(try await host.effects(of: id, .destroy) == 0)
        }
    }

    @Test("a purge that must not be, but was done by an attempt that could not say so, has succeeded")
    func donePurge() async throws {
        try await open { bin, host, handler in
            let id = try await machine(bin, host)
            _ = try await bin.delete(id)
            let (delete, _) = try await claimAndRun(bin, handler)
            try await bin.finish(delete, .succeeded)
            try await bin.letRetentionPass(id)
            try await bin.sweep()
            let first = try #require(try await bin.claim(lease: .zero).first)
            guard case .succeeded = await handler.run(first, attempt: .quiet) else { throw Unexpected("not destroyed") }
            #expect(try await bin.sweep().rescued == 1)
            try await hold(bin, id)
            let (_, outcome) = try await claimAndRun(bin, handler)
            guard case .succeeded = outcome else { throw Unexpected(outcome) }
            #expect(try await host.effects(of: id, .destroy) == 1)
        }
    }

    @Test("a purge that must not be, and was never begun, is cancelled, also when its host does not know the machine")
    func savedPurgeOfUnknownMachine() async throws {
        try await open { bin, _, handler in
            let id = try await bin.softDeleted()
            try await bin.letRetentionPass(id)
            try await bin.sweep()
            try await hold(bin, id)
            let (_, outcome) = try await claimAndRun(bin, handler)
            guard case .cancelled = outcome else { throw Unexpected(outcome) }
        }
    }

    private func hold(_ bin: Bin, _ id: UUID) async throws {
        #expect(try await bin.store.setHold(true, of: id))
    }

    @Test("tells the owner a sentence and the administrator the cause, and knows what is worth another attempt")
    func failures() async throws {
        let cases: [(FakeHypervisor.Fault.Failure, Bool)] = [
            (.transient, true), (.permanent, false), (.notFound, false),
        ]
        for (failure, isTransient) in cases {
            try await open { bin, host, handler in
                let id = try await machine(bin, host)
                _ = try await bin.delete(id)
                try await host.inject(
                    .init(
                        server: id,
                        operation: .softDelete,
                        step: .before,
                        behaviour: .fail(failure, .notEnoughMemory),
                        times: 1
                    )
                )
                let (_, outcome) = try await claimAndRun(bin, handler)
                guard case .failed(let told) = outcome else { throw Unexpected(outcome) }
                #expect(told.isTransient == isTransient)
                #expect(told.reason == HypervisorFailureReason.notEnoughMemory.sentence)
                #expect(told.cause != told.reason)
            }
        }
    }
}

extension TaskAttempt {
    /// Tells nobody, and holds its lease.
    fileprivate static var quiet: TaskAttempt { TaskAttempt(report: { _ in }, isHeld: { true }) }
}
