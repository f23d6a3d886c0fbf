import Compute
import Foundation
import Postgres
import TestSupport

@testable import TaskQueue

extension Twin {
    /// Plays one operation that the seed chooses.
    mutating func playOne() async throws {
        try await moveClock()
        if model.servers.count(where: { $0.vmState != "deleted" }) < 6 { try await adoptServer() }
        switch random.below(100) {
        case ..<15: try await playRequest(\.delete)
        case ..<26: try await playRequest(\.restore)
        case ..<28: try await playRequest(\.forceDelete)
        case ..<44: try await playClaim()
        case ..<51: try await playHeartbeat()
        case ..<71: try await playFinish()
        case ..<82: try await playSweep()
        case ..<90: try await playBeginDestroy()
        default: try await playOperator()
        }
        try await compareHot()
    }

    private mutating func moveClock() async throws {
        let step: Double =
            switch random.below(100) {
            case ..<70: 0.5 * Double(random.below(20))
            case ..<90: Double(random.below(90))
            case ..<95: 604_800
            case ..<97: 90_000
            default: -Double(random.below(1_000))
            }
        model.now += step
        played.append("-- clock \(step >= 0 ? "+" : "")\(step)")
        try await setClock()
    }

    // MARK: Requests

    private struct Request {
        var name: String
        var real: @Sendable (ServerStore, UUID, String) async throws -> RequestOutcome
        var modelled: @Sendable (inout ModelDatabase, UUID, String) -> ModelAnswer
        var delete: Request { Self.delete }
        var restore: Request { Self.restore }
        var forceDelete: Request { Self.forceDelete }

        static let delete = Request(
            name: "delete",
            real: { try await $0.delete($1, by: Twin.owner, requestID: $2) },
            modelled: { $0.delete($1, requestID: $2) }
        )
        static let restore = Request(
            name: "restore",
            real: { try await $0.restore($1, by: Twin.owner, requestID: $2) },
            modelled: { $0.restore($1, requestID: $2) }
        )
        static let forceDelete = Request(
            name: "force delete",
            real: { try await $0.forceDelete($1, by: Twin.owner, requestID: $2) },
            modelled: { $0.forceDelete($1, requestID: $2) }
        )
    }

    private mutating func playRequest(_ path: KeyPath<Request, Request>) async throws {
        let request = Request.delete[keyPath: path]
        // Requests are most telling while a worker is at the server.
        let busy = model.tasks.filter { $0.status == .running }.map(\.subject)
        let server = busy.isEmpty || random.chance(50) ? random.pick(model.servers.suffix(10)).id : random.pick(busy)
        let isRepeat = !requests.isEmpty && random.chance(15)
        let id =
            isRepeat
            ? random.pick(requests)
            : "req-\(ModelDatabase.id(requests.count + 1, family: 0xC0).uuidString.lowercased())"
        if !isRepeat { requests.append(id) }
        // A request id belongs to one server: elsewhere it would be a new one that stands in the way of the first.
        if let action = model.actions[id], action.server != server { return }
        played.append("\(request.name) \(server) \(id)")
        let modelled = request.modelled(&model, server, id)
        let real = ModelAnswer(try await request.real(store, server, id))
        if case (.accepted(let realTask), .accepted(let modelTask)) = (real, modelled) {
            model.adopt(id: realTask, insteadOf: modelTask)
        } else {
            try expect(real, is: modelled, request.name)
        }
    }

    // MARK: Workers

    private mutating func playClaim() async throws {
        let request = claimRequest()
        played.append("claim \(request.text)")
        let modelled = model.claim(request)
        try compare(try await queue.claim(request), modelled)
    }

    private mutating func claimRequest() -> ClaimRequest {
        let names = random.chance(60) ? Self.hosts : [random.pick(Self.hosts)]
        var queues: [ClaimRequest.QueueRequest] = []
        for name in names {
            let top = model.tasks.map(\.position).max() ?? 0
            let low = random.chance(80) ? Watermark.start : (0..<3).map { _ in max(0, top - Int64(random.below(4))) }
            queues.append(.init(name: name, limit: random.below(5), low: low))
        }
        var kinds = Set(RunRecord.Kind.allCases.map(\.rawValue))
        if random.chance(10) { kinds.remove(random.pick(kinds.sorted())) }
        return ClaimRequest(
            workerID: random.pick(Self.workers),
            kinds: kinds,
            queues: queues,
            leaseDuration: .seconds(30),
            turn: Int32(random.below(7))
        )
    }

    /// Compares what was claimed; the tokens become the database's.
    private mutating func compare(_ real: Claim, _ modelled: (tasks: [QueuedTask], nextDue: TimeInterval?)) throws {
        try expect(real.nextDue?.seconds, is: modelled.nextDue, "next due")
        try expect(real.tasks.map(\.withoutToken), is: modelled.tasks.map(\.withoutToken), "claimed")
        for task in real.tasks {
            try confirm(task.lease.token > leases.map(\.lease.token).max() ?? 0, "token \(task.lease.token) is not new")
            guard let index = model.tasks.firstIndex(where: { $0.id == task.id }) else { continue }
            model.tasks[index].lease?.token = task.lease.token
        }
        leases += real.tasks
    }

    private mutating func playHeartbeat() async throws {
        let worker = random.pick(Self.workers)
        var held: [HeldLease: TaskProgress?] = [:]
        for task in model.tasks where task.lease?.worker == worker {
            guard let token = task.lease?.token, random.chance(85) else { continue }
            held[HeldLease(task: task.id, token: token)] = .some(nil)
        }
        if !leases.isEmpty, random.chance(30) { held[random.pick(leases).held] = .some(nil) }
        let request = HeartbeatRequest(
            workerID: worker,
            queues: Self.hosts,
            version: "test",
            isStopping: false,
            leases: held,
            leaseDuration: .seconds(30)
        )
        played.append("heartbeat \(worker) of \(held.keys.map(\.token).sorted())")
        let modelled = Set(model.heartbeat(request))
        try expect(Set(try await queue.heartbeat(request)), is: modelled, "heartbeat")
    }

    private mutating func playFinish() async throws {
        guard !leases.isEmpty else { return }
        let live = model.tasks.filter { $0.status == .running }
        var endings: [TaskEnding] = []
        for _ in 0...random.below(3) {
            var lease = random.pick(leases.suffix(12)).held
            if let task = live.isEmpty ? nil : random.pick(live), let token = task.lease?.token, random.chance(85) {
                lease = HeldLease(task: task.id, token: token)
            }
            if endings.contains(where: { $0.lease.task == lease.task }) { continue }
            endings.append(ending(of: lease))
        }
        // Positions are drawn for all of a batch at once, and in which order is nobody's promise: a claim in the same
        // transaction would see it, so it comes only with endings that draw none.
        let claim = random.chance(40) && endings.allSatisfy(\.verb.isFinal) ? claimRequest() : nil
        played.append("finish \(endings.map(\.text)), claim \(claim?.text ?? "nothing")")
        let modelled = model.finish(endings.map(ModelEnding.init))
        let modelledClaim = claim.map { model.claim($0) }
        let real = try await queue.exchange(endings: endings, claim: claim)
        // Of what went as it was asked nothing need be said.
        try expect(
            Set(real.endings.values.map(\.text).filter { !$0.hasSuffix("finished succeeded") }),
            is: Set(modelled.map(\.text).filter { !$0.hasSuffix("finished succeeded") }),
            "finish"
        )
        if let realClaim = real.claim, let modelledClaim { try compare(realClaim, modelledClaim) }
    }

    private mutating func ending(of lease: HeldLease) -> TaskEnding {
        let failure = TaskFailure(isTransient: true, code: random.pick(["broken", "away"]), reason: "r", cause: "c")
        let delay = Duration.seconds(random.below(40))
        return switch random.below(100) {
        case ..<45: TaskEnding(lease: lease, verb: .succeeded)
        case ..<60: TaskEnding(lease: lease, verb: .retrying(after: delay), failure: failure)
        case ..<70: TaskEnding(lease: lease, verb: .waiting(for: delay), failure: failure)
        case ..<75: TaskEnding(lease: lease, verb: .unseen(for: delay), failure: failure)
        case ..<85: TaskEnding(lease: lease, verb: .released)
        case ..<92: TaskEnding(lease: lease, verb: .failed, failure: failure)
        default: TaskEnding(lease: lease, verb: .cancelled)
        }
    }

    private mutating func playBeginDestroy() async throws {
        let destroying = model.tasks.filter { $0.lease != nil && ($0.kind == .purge || $0.kind == .forceDelete) }
        guard let task = destroying.isEmpty ? nil : random.pick(destroying), let lease = task.lease else { return }
        let token = random.chance(90) ? lease.token : lease.token - 1
        played.append("begin destroy \(task.id) \(token)")
        let modelled = model.beginDestroy(task.id, token: token)
        do {
            try expect(try await store.beginDestroy(task: task.id, token: token), is: modelled, "begin destroy")
        } catch let error as ComputeError where error.code == .leaseLost {
            try expect(nil, is: modelled, "begin destroy")
        }
    }

    private mutating func playSweep() async throws {
        let mayRescue = random.chance(70)
        let elapsed = Double(random.below(60))
        let drift: Double = random.chance(98) ? Double(random.below(300)) : 400
        let previous: Date? = random.chance(90) ? model.now - elapsed - drift : nil
        let witness: Date? = random.chance(98) ? model.now + Double(random.below(300)) : model.now - 301
        played.append(
            "sweep \(mayRescue) previous \(previous.map { "\($0)" } ?? "-") witness \(witness ?? .distantPast)"
        )
        let modelled = model.sweep(mayRescue: mayRescue, previous: previous, elapsed: elapsed, witness: witness)
        let real = try await queue.sweep(
            SweepRequest(
                mayRescue: mayRescue,
                previous: previous.map { ($0, .seconds(elapsed)) },
                witness: witness
            )
        )
        try expect(real.rescued, is: modelled.rescued, "rescued")
        try expect(real.enqueued, is: modelled.enqueued, "purges")
    }

    // MARK: Operators

    private mutating func playOperator() async throws {
        let host = random.pick(Self.hosts)
        switch random.below(5) {
        case 0:
            let index = model.servers.count - 1 - random.below(min(10, model.servers.count))
            model.servers[index].isHeld.toggle()
            played.append("hold \(model.servers[index].id) \(model.servers[index].isHeld)")
            try await pool.execute(
                Statement("UPDATE compute.servers SET held_at = CASE WHEN $2 THEN now() END WHERE id = $1"),
                [.uuid(model.servers[index].id), .boolean(model.servers[index].isHeld)]
            )
        case 1:
            model.pausedQueues.formSymmetricDifference([host])
            try await storeQueue(host)
        case 2:
            model.runningLimits[host] = random.chance(50) ? nil : random.below(3) + 1
            try await storeQueue(host)
        default:
            model.guardRow.isStopped = false
            model.guardRow.lastSeenAt = model.now
            played.append("resume purging")
            try await pool.execute(
                Statement(
                    """
                    UPDATE compute.purge_guard
                    SET stopped_at = NULL, stopped_reason = NULL, last_seen_at = queue.clock_v1()
                    """
                )
            )
        }
    }

    private mutating func storeQueue(_ host: String) async throws {
        let (isPaused, limit) = (model.pausedQueues.contains(host), model.runningLimits[host])
        played.append("queue \(host) paused \(isPaused) limit \(limit.map(String.init) ?? "-")")
        try await pool.execute(
            Statement(
                """
                INSERT INTO queue.queues (name, paused_at, running_limit) VALUES ($1, CASE WHEN $2 THEN now() END, $3)
                ON CONFLICT (name) DO UPDATE
                SET paused_at = excluded.paused_at, running_limit = excluded.running_limit
                """
            ),
            [.text(host), .boolean(isPaused), .integer(limit.map(Int32.init))]
        )
    }
}

extension ModelAnswer {
    fileprivate init(_ outcome: RequestOutcome) {
        self =
            switch outcome {
            case .accepted(let task): .accepted(task)
            case .already(let task): .already(task)
            // Neither a lock nor a bound is set here.
            case .notFound, .locked, .overLimit, .overQuota: .notFound
            case .wrongVMState(let state): .wrongVMState(state.rawValue)
            case .wrongTaskState(let state): .wrongTaskState(state.rawValue)
            }
    }
}

extension ModelEnding {
    /// An ending as a worker asks for it.
    init(_ ending: TaskEnding) {
        let outcome: Outcome =
            switch ending.verb {
            case .succeeded: .succeeded
            case .failed: .failed
            case .cancelled: .cancelled
            case .retrying(let delay): .retrying(delay.seconds)
            case .waiting(let delay): .waiting(delay.seconds)
            case .unseen(let delay): .unseen(delay.seconds)
            case .released: .released
            }
        self.init(
            id: ending.lease.task,
            token: ending.lease.token,
            outcome: outcome,
            error: ending.failure?.code
        )
    }
}

extension ModelSettled {
    fileprivate var text: String { "\(id) \(token ?? 0) \(verdict.rawValue) \(status ?? "-")" }
}

extension FinishAnswer {
    fileprivate var text: String { "\(lease.task) \(lease.token) \(verdict.rawValue) \(status ?? "-")" }
}

extension TaskEnding {
    fileprivate var text: String { "\(lease.task) \(lease.token) \(verb)" }
}

extension TaskEnding.Verb {
    /// Whether the task ends with it, unless somebody has asked otherwise.
    fileprivate var isFinal: Bool { [.succeeded, .failed, .cancelled].contains(self) }
}

extension ClaimRequest {
    fileprivate var text: String {
        "\(workerID) \(queues.map { "\($0.name):\($0.limit):\($0.low)" }) turn \(turn)"
    }
}

extension QueuedTask {
    /// Token and position are the database's to draw; positions are compared with the tables.
    fileprivate var withoutToken: QueuedTask {
        var task = self
        task.position = 0
        task.lease = Lease(timeline: 1, token: 0)
        return task
    }
}
