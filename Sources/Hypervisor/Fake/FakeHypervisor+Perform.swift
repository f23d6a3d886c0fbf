import Foundation

/// How an effectful call runs: scripted faults around one short locked part.
extension FakeHypervisor {
    func perform(
        _ call: FakeCall,
        progress: @escaping @Sendable (HypervisorStep) -> Void
    ) async throws(HypervisorError) {
        progress(HypervisorStep(name: call.stepName, percent: 0))
        let isStuck = try await meetFault(.before, call, progress: progress)
        guard isStuck || !Task.isCancelled else { throw HypervisorError.cancelled(host: host) }
        let entry = try await append(to: call.server) { (last) throws(HypervisorError) in try call.entry(after: last) }
        _ = try await meetFault(.after, call, progress: { _ in })
        guard entry.defined || call.operation == .destroy else {
            throw HypervisorError.notOnHost(call.server, host: host)
        }
        progress(HypervisorStep(name: call.stepName, percent: 100))
    }

    /// Appends a line to a server's journal, given the last one, under the lock of the journal.
    ///
    /// The lock is tried, never waited for, so that a process that was stopped while it held one blocks no thread of
    /// ours; the call gives up after `lockPatience`.
    func append(
        to server: UUID,
        _ next: @escaping @Sendable (JournalEntry?) throws(HypervisorError) -> JournalEntry
    ) async throws(HypervisorError) -> JournalEntry {
        let journal = folder.journal(of: server)
        let deadline = ContinuousClock.now + lockPatience
        while true {
            let appended = try await FileWork.run { () throws(HypervisorError) in try journal.append(next) }
            if let appended { return appended }
            guard ContinuousClock.now < deadline else { throw HypervisorError.locked(journal.path, for: lockPatience) }
            try await pause(.microseconds(.random(in: 500...3_000)))
        }
    }

    /// Meets the first scripted fault that matches the call at this step, and before the effect also a host that is
    /// down.
    /// - Returns: whether the call is past being cancelled.
    private func meetFault(
        _ step: Fault.Step,
        _ call: FakeCall,
        progress: @escaping @Sendable (HypervisorStep) -> Void
    ) async throws(HypervisorError) -> Bool {
        let folder = folder
        let behaviour = try await FileWork.run { () throws(HypervisorError) in
            if step == .before { try folder.requireHostUp() }
            return try folder.faults.take(step, call)
        }
        switch behaviour {
        case nil: break
        case .slow(let milliseconds): try await beSlow(milliseconds, in: call, progress: progress)
        case .stuck(let milliseconds):
            await beStuck(milliseconds, in: call, progress: progress)
            return true
        case .fail(let failure, let reason): throw HypervisorError.scripted(failure, reason, step, call)
        case .hang: try await hang()
        case .die:
            kill(getpid(), SIGKILL)
            try await hang()
        }
        return false
    }

    /// Takes the time in ten parts and tells how far it has come after each, so that a demonstration has a progress
    /// bar.
    private func beSlow(
        _ milliseconds: Int,
        in call: FakeCall,
        progress: @escaping @Sendable (HypervisorStep) -> Void
    ) async throws(HypervisorError) {
        for part in 1...10 {
            try await pause(.milliseconds(milliseconds) / 10)
            progress(HypervisorStep(name: call.stepName, percent: part * 9))
        }
    }

    /// Takes the time on a clock that no cancellation stops, and first tells, by one percent, that it has begun.
    private func beStuck(
        _ milliseconds: Int,
        in call: FakeCall,
        progress: @escaping @Sendable (HypervisorStep) -> Void
    ) async {
        progress(HypervisorStep(name: call.stepName, percent: 1))
        await FileWork.wait(milliseconds: milliseconds)
    }

    private func hang() async throws(HypervisorError) {
        while true { try await pause(.seconds(3_600)) }
    }

    private func pause(_ duration: Duration) async throws(HypervisorError) {
        do {
            try await Task.sleep(for: duration)
        } catch {
            throw HypervisorError.cancelled(host: host)
        }
    }
}
