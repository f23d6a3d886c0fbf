import Foundation
import TestSupport

@testable import TaskQueue

/// The way to the database and back, and what is checked after each transaction.
extension Simulation {
    /// Sends a call to the database and gives its answer, or the error that a broken connection makes of it.
    ///
    /// - Parameter mayComeLate: whether it may be done after its caller has given it up, as a transaction that waits
    ///   for a lock while its client is gone.
    func call<Answer>(
        _ name: String,
        from worker: SimulatedWorker?,
        mayComeLate: Bool = true,
        _ work: @escaping () -> Answer,
        then: @escaping (Result<Answer, QueueError>) -> Void
    ) {
        guard downUntil <= time, worker?.cutOffUntil ?? 0 <= time else {
            return fail(.databaseUnavailable, after: 5 + random.below(200), worker, then)
        }
        let roll = isCalm ? 100 : random.below(100) * 100 / max(1, trouble * 3)
        switch roll {
        case ..<30:
            count("\(name) lost")
            fail(random.chance(50) ? .databaseUnavailable : .outcomeUnknown, after: delay(slow: 20), worker, then)
        case ..<35:
            count("\(name) refused")
            fail(.unexpected, after: delay(slow: 20), worker, then)
        case ..<50 where mayComeLate:
            count("\(name) late")
            let patience = 500 + random.below(3_000)
            fail(.outcomeUnknown, after: patience, worker, then)
            let sent = connections
            after(patience + random.below(5_000)) { [unowned self] in
                guard sent == connections, downUntil <= time else { return }
                _ = work()
            }
        default:
            let loses = roll < 100
            let sent = connections
            after(delay(slow: slowness(of: worker))) { [unowned self] in
                arrive(name, sent, loses: loses, worker, work, then)
            }
        }
    }

    private func arrive<Answer>(
        _ name: String,
        _ sent: Int,
        loses: Bool,
        _ worker: SimulatedWorker?,
        _ work: () -> Answer,
        _ then: @escaping (Result<Answer, QueueError>) -> Void
    ) {
        guard sent == connections, downUntil <= time else { return fail(.outcomeUnknown, after: 1, worker, then) }
        let answer = work()
        if loses {
            count("\(name) answer lost")
            return fail(.outcomeUnknown, after: delay(slow: 50), worker, then)
        }
        after(delay(slow: slowness(of: worker)), in: worker) { [unowned self] in
            then(sent == connections ? .success(answer) : .failure(QueueError(.outcomeUnknown, "simulated")))
        }
    }

    private func fail<Answer>(
        _ code: QueueError.Code,
        after delay: Int,
        _ worker: SimulatedWorker?,
        _ then: @escaping (Result<Answer, QueueError>) -> Void
    ) {
        after(delay, in: worker) { then(.failure(QueueError(code, "simulated"))) }
    }

    private func slowness(of worker: SimulatedWorker?) -> Int {
        worker?.slowUntil ?? 0 > time ? 80 : 5
    }

    /// How long a message takes; `slow` in a hundred take seconds.
    private func delay(slow: Int) -> Int {
        !isCalm && random.chance(slow) ? 200 + random.below(4_000) : 1 + random.below(20)
    }

    /// One transaction, and what can be said right after it.
    func transact<Answer>(_ body: (inout ModelDatabase) -> Answer) -> Answer {
        database.now = databaseTime
        let (servers, ended) = (database.servers, database.ended.count)
        let answer = body(&database)
        checkDates()
        for row in database.ended[ended...] { checkEnding(row, servers) }
        for server in database.servers where server.taskState != nil {
            expect(
                database.taskIndex(of: server.id) != nil,
                "promise 6 (intents): server \(server.id) is wedged in \(server.taskState ?? "")"
            )
        }
        let subjects = database.tasks.map(\.subject)
        expect(Set(subjects).count == subjects.count, "promise 2 (one winner): two live tasks of one server")
        return answer
    }

    private func checkDates() {
        for server in database.servers {
            let seen = RunRecord.Dates(server: server.id, deletedAt: server.deletedAt, purgeAt: server.purgeAt)
            guard lastDates[server.id] != seen else { continue }
            lastDates[server.id] = seen
            dates.append(seen)
            for violation in checker.note(seen) { expect(false, violation) }
        }
    }

    /// A restore that did not succeed leaves its server as it was.
    private func checkEnding(_ row: ModelEnded, _ before: [ModelServer]) {
        count("\(row.task.kind.rawValue) \(row.status)")
        note("of \(row.task.subject.short), token \(row.token ?? 0)")
        guard row.task.kind == .restore, row.status != "succeeded",
            let then = before.first(where: { $0.id == row.task.subject }), let now = database.server(then.id)
        else { return }
        expect(
            now.vmState == "soft-delete" && now.purgeAt == then.purgeAt && now.deletedAt == then.deletedAt,
            "promise 5 (as it was): a \(row.status) restore changed \(then) to \(now)"
        )
    }

    // MARK: What workers ask

    func exchange(_ exchange: Exchange) -> ExchangeAnswer {
        transact { database in
            let settled = database.finish(exchange.endings.map(ModelEnding.init))
            noteAttempts(settled)
            checkTokens(exchange.endings, settled)
            var answer = ExchangeAnswer(claim: exchange.claim.map { claim($0, from: &database) })
            for one in settled where one.verdict != .finished || one.status != "succeeded" {
                let lease = HeldLease(task: one.id, token: one.token ?? 0)
                let verdict = FinishAnswer.Verdict(rawValue: one.verdict.rawValue) ?? .lost
                answer.endings[lease] = FinishAnswer(lease: lease, verdict: verdict, status: one.status)
            }
            return answer
        }
    }

    private func claim(_ request: ClaimRequest, from database: inout ModelDatabase) -> Claim {
        let claimed = database.claim(request)
        for task in claimed.tasks {
            extend(task.lease.token)
            note("claimed \(task.kind) of \(task.subjectID.short) by \(request.workerID), token \(task.lease.token)")
            let row = database.tasks.first { $0.id == task.id }
            // One whose worker died is claimed once more, to look; its handler is checked to do no more than that.
            let isToLook = task.isCancelRequested && row.map { $0.lostLeases > 0 } == true
            expect(
                row?.isCancelRequested == false || isToLook,
                "promise 6 (intents): a task that is to stop was tried again"
            )
            expect(
                task.attempt == attempts[task.id, default: 0] + 1,
                "an interruption counted: attempt \(task.attempt) after \(attempts[task.id, default: 0]) that counted"
            )
        }
        return Claim(tasks: claimed.tasks, nextDue: claimed.nextDue.map(Duration.seconds))
    }

    /// What was written was asked for under the very lease that the task had.
    private func checkTokens(_ endings: [TaskEnding], _ settled: [ModelSettled]) {
        for one in settled where one.verdict == .finished || one.verdict == .waiting {
            expect(
                endings.contains { $0.lease.task == one.id && $0.lease.token == one.token },
                "promise 3 (fenced): the ending of another lease was written over token \(one.token ?? 0)"
            )
        }
    }

    private func noteAttempts(_ settled: [ModelSettled]) {
        for one in settled where one.verdict == .finished && one.status == "retrying" {
            attempts[one.id, default: 0] += 1
        }
    }

    private func extend(_ token: Int64) {
        leaseEnds[token] = time + Self.lease
        leaseExtendedAt[token] = time
    }

    func heartbeat(_ request: HeartbeatRequest) -> [HeartbeatAnswer] {
        transact { database in
            let answers = database.heartbeat(request)
            for token in database.tasks.compactMap({ $0.lease?.token })
            where answers.contains(where: { $0.lease.token == token && $0.verdict != .unknown }) {
                extend(token)
            }
            return answers
        }
    }

    func handBack(_ leases: [HeldLease]) {
        transact { database in
            _ = database.finish(leases.map { ModelEnding(id: $0.task, token: $0.token, outcome: .released) })
        }
    }

    func sweep(mayRescue: Bool, previous: (sweptAt: Date, elapsed: Double)?, witness: Date) -> SweepAnswer {
        let before = database.tasks
        let swept = transact { database in
            database.sweep(
                mayRescue: mayRescue,
                previous: previous?.sweptAt,
                elapsed: previous?.elapsed,
                witness: witness
            )
        }
        if swept.rescued > 0 { checkRescue(before) }
        wake(swept.woken)
        return SweepAnswer(sweptAt: databaseTime, rescued: swept.rescued, enqueued: swept.enqueued, note: nil)
    }

    /// A rescue takes leases that ran out, or that look so since the clock jumped; and never soon after an outage.
    private func checkRescue(_ before: [ModelTask]) {
        for task in before {
            guard let token = task.lease?.token,
                database.tasks.first(where: { $0.id == task.id })?.lease?.token != token
            else { continue }
            count("lease rescued")
            note("of \(task.kind) of \(task.subject.short), token \(token)")
            expect(
                leaseEnds[token, default: 0] <= time || leaseExtendedAt[token, default: 0] <= jumpedAt,
                "promise 2 (one winner): a live lease was taken away"
            )
        }
        if let longOutageEnded {
            expect(time - longOutageEnded >= Self.lease, "leases were rescued within a lease after an outage")
        }
    }
}

extension UUID {
    /// Enough to tell the servers of a simulation apart.
    var short: Substring { uuidString.prefix(13).suffix(2) }
}
