import Compute
import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("Requests in one batch", .migratedDatabase)
struct BatchTests {
    @Test("get the answers that they would get one by one, in every situation", arguments: BatchVerb.allCases)
    func sameAnswers(verb: BatchVerb) async throws {
        try await Bin.open { bin in
            let first = try await bin.serversInEverySituation()
            let second = try await bin.serversInEverySituation()
            for caller in [Bin.stranger, Bin.owner, Bin.administrator] {
                let together = try await bin.together(verb, Self.requests(first, by: caller))
                let oneByOne = try await bin.oneByOne(verb, Self.requests(second, by: caller))
                #expect(together.map(\.description) == oneByOne.map(\.description))
            }
            #expect(try await Self.states(bin, first) == Self.states(bin, second))
            #expect(try await bin.miscountedProjects() == [])
        }
    }

    private static func requests(_ servers: [UUID], by caller: Caller) -> [BatchRequest] {
        // One that is nowhere, and every server twice.
        (servers + servers + [UUID()]).map { BatchRequest(server: $0, caller: caller) }
    }

    private static func states(_ bin: Bin, _ servers: [UUID]) async throws -> [String] {
        try await bin.value(
            [String].self,
            Statement(
                """
                SELECT array_agg(concat_ws(
                    ' ', v.vm_state, v.task_state, v.deleted_by, v.keep_for, t.kind, t.status, t.priority,
                    t.max_attempts, v.deleted_at IS NULL, (
                        SELECT string_agg(
                            concat_ws(' ', a.action, a.user_id, a.project_id, a.message), ',' ORDER BY a.start_time
                        )
                        FROM compute.actions a WHERE a.server_id = v.id
                    )
                ) ORDER BY o.place) AS value
                FROM unnest($1) WITH ORDINALITY o (id, place) JOIN compute.servers v ON v.id = o.id
                LEFT JOIN queue.tasks t ON t.subject_id = v.id
                """
            ),
            [.uuids(servers)]
        )
    }

    @Test("for one server are decided in order of arrival, and who may not see it displaces nobody")
    func oneServer() async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            let requests = [Bin.stranger, Bin.owner, Bin.owner, Bin.administrator].map {
                BatchRequest(server: id, caller: $0)
            }
            let answers = try await bin.together(.restore, requests)
            #expect(answers.map(\.outcome) == ["not_found", "accepted", "wrong_task_state", "wrong_task_state"])
            let tasks = try await bin.claim()
            #expect(tasks.map(\.requestID) == [requests[1].requestID])
            #expect(tasks.map(\.id) == [answers[1].task])
        }
    }

    @Test("that repeat a request id get its first answer", arguments: [true, false])
    func repeatedRequest(inSameBatch: Bool) async throws {
        try await Bin.open { bin in
            let request = BatchRequest(server: try await bin.softDeleted())
            let other = BatchRequest(server: try await bin.softDeleted())
            let answers =
                inSameBatch
                ? try await bin.together(.restore, [request, other, request])
                : try await bin.together(.restore, [request, other]) + bin.together(.restore, [request, request])
            #expect(answers.allSatisfy { $0.outcome == "accepted" })
            #expect(answers[2].task == answers[0].task && answers[0].task != answers[1].task)
            #expect(try await bin.claim().count == 2)
        }
    }

    @Test("with one request id for two servers fail together, and change nothing")
    func sharedRequestID() async throws {
        try await Bin.open { bin in
            let first = BatchRequest(server: try await bin.softDeleted())
            let second = BatchRequest(server: try await bin.softDeleted(), requestID: first.requestID)
            let error = await #expect(throws: PostgresError.self) {
                try await bin.together(.restore, [first, second])
            }
            #expect(error?.sqlState == "23505")
            #expect(try await bin.server(first.server).taskState == nil)
            #expect(try await bin.miscountedProjects() == [])
        }
    }

    @Test("of the store come out as each alone would: every server has one winner among many callers")
    func store() async throws {
        try await Bin.open { bin in
            var servers: [UUID] = []
            for _ in 0..<16 { servers.append(try await bin.softDeleted()) }
            let outcomes = try await withThrowingTaskGroup(of: (UUID, RequestOutcome).self) { group in
                for id in servers + servers + servers + servers {
                    group.addTask { (id, try await bin.restore(id)) }
                }
                return try await group.reduce(into: [:]) { $0[$1.0, default: []].append($1.1) }
            }
            for id in servers {
                let (accepted, refused) = (
                    outcomes[id]?.count { if case .accepted = $0 { true } else { false } },
                    outcomes[id]?.count { $0 == .wrongTaskState(.restoring) }
                )
                #expect(accepted == 1 && refused == 3)
            }
            #expect(try await bin.claim().count == servers.count)
        }
    }

    @Test("are in line in the order in which they came")
    func order() async throws {
        try await Bin.open { bin in
            var requests: [BatchRequest] = []
            for number in 0..<20 {
                let project = number.isMultiple(of: 3) ? "bbbb" : "aaaa"
                requests.append(BatchRequest(server: try await bin.adopt(project: project), caller: Bin.administrator))
            }
            _ = try await bin.together(.delete, requests)
            #expect(try await bin.claim().map(\.requestID) == requests.map(\.requestID))
        }
    }

    @Test("for tasks show each as it would be shown alone, and nothing for one that may not be seen")
    func tasks() async throws {
        try await Bin.open { bin in
            var tasks = [UUID()]
            for verb in [TaskEnding.Verb.succeeded, .failed, .cancelled] {
                guard case .accepted(let task) = try await bin.delete(bin.adopt()) else { throw Unexpected("refused") }
                try await bin.work(verb, failure: Bin.broken)
                tasks.append(task)
            }
            guard case .accepted(let waiting) = try await bin.delete(bin.adopt()) else { throw Unexpected("refused") }
            tasks.append(waiting)
            for scope in [Scope.all, Bin.owner.scope, Bin.stranger.scope] {
                var alone: [TaskRecord?] = []
                for task in tasks { alone.append(try await bin.store.task(task, in: scope)) }
                let many = (0..<8).flatMap { _ in tasks }
                let together = try await withThrowingTaskGroup(of: (Int, TaskRecord?).self) { group in
                    for (place, task) in many.enumerated() {
                        group.addTask { (place, try await bin.store.task(task, in: scope)) }
                    }
                    return try await group.reduce(into: [:]) { $0.updateValue($1.1, forKey: $1.0) }
                }
                #expect(together.count == many.count)
                #expect(together.allSatisfy { place, record in record == alone[place % tasks.count] })
            }
        }
    }
}
