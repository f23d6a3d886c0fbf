import Compute
import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("The number of a project's unfinished tasks", .migratedDatabase)
struct ProjectLimitTests {
    private static func limit(_ bin: Bin, to limit: Int32) async throws {
        try await bin.execute(Statement("UPDATE compute.settings SET waiting_limit = $1"), [.integer(limit)])
    }

    @Test("is exact: of 64 at once as many are accepted as there is room for", arguments: BatchVerb.allCases)
    func exact(verb: BatchVerb) async throws {
        try await Bin.open { bin in
            var servers: [UUID] = []
            for _ in 0..<64 { servers.append(try await bin.adopt()) }
            if verb == .restore { try await Self.putInBin(bin) }
            try await Self.limit(bin, to: 5)
            let outcomes = try await withThrowingTaskGroup { group in
                for id in servers {
                    group.addTask { verb == .restore ? try await bin.restore(id) : try await bin.delete(id) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count { if case .accepted = $0 { true } else { false } } == 5)
            #expect(outcomes.count { $0 == .overLimit } == 59)
            #expect(try await bin.liveTasks() == 5)
            #expect(try await bin.miscountedProjects() == [])

            let task = try #require(try await bin.claim(limit: 1).first)
            try await bin.finish(task, .succeeded)
            #expect(try await bin.liveTasks() == 4)
        }
    }

    private static func putInBin(_ bin: Bin) async throws {
        try await bin.run(
            """
            UPDATE compute.servers
            SET vm_state = 'soft-delete', deleted_at = now(), purge_at = now() + interval '1 day'
            """
        )
    }

    @Test("in one batch is each project's own, the first to come the first to be let in")
    func projects() async throws {
        try await Bin.open { bin in
            var requests: [BatchRequest] = []
            for project in ["aaaa", "aaaa", "aaaa", "bbbb"] {
                requests.append(BatchRequest(server: try await bin.adopt(project: project), caller: Bin.administrator))
            }
            try await Self.limit(bin, to: 2)
            let answers = try await bin.together(.delete, requests)
            #expect(answers.map(\.outcome) == ["accepted", "accepted", "over_limit", "accepted"])
            #expect(try await bin.liveTasks(of: "aaaa") == 2)
            #expect(try await bin.liveTasks(of: "bbbb") == 1)
            #expect(try await bin.liveTasks(of: "cccc") == 0)
        }
    }

    @Test("does not keep a request from its first answer, nor a server that is gone from its 404")
    func otherAnswersFirst() async throws {
        try await Bin.open { bin in
            let first = BatchRequest(server: try await bin.softDeleted())
            let running = try await bin.adopt()
            try await Self.limit(bin, to: 1)
            #expect(try await bin.together(.restore, [first]).map(\.outcome) == ["accepted"])
            #expect(try await bin.restore(first.server) == .wrongTaskState(.restoring))
            #expect(try await bin.restore(running) == .wrongVMState(.active))
            #expect(try await bin.restore(UUID()) == .notFound)
            #expect(try await bin.delete(running) == .overLimit)
            #expect(try await bin.oneByOne(.restore, [first]).map(\.outcome) == ["accepted"])
            #expect(try await bin.together(.restore, [first, first]).map(\.outcome) == ["accepted", "accepted"])
            #expect(try await bin.liveTasks() == 1)
        }
    }

    @Test("that is reached leaves a purge that waits, and refuses no force delete")
    func reached() async throws {
        try await Bin.open { bin in
            let (due, other) = (try await bin.softDeleted(), try await bin.adopt())
            try await bin.letRetentionPass(due)
            #expect(try await bin.sweep().enqueued == 1)
            try await Self.limit(bin, to: 1)
            _ = try await bin.delete(other)
            #expect(try await bin.restore(due) == .overLimit)
            #expect(try await bin.claim().map(\.kind).sorted() == ["purge", "soft_delete"])

            guard case .accepted = try await bin.forceDelete(try await bin.adopt()) else { throw Unexpected("refused") }
            #expect(try await bin.liveTasks() == 2)
            #expect(try await bin.miscountedProjects() == [])
        }
    }

    @Test("goes back to zero however tasks end")
    func ends() async throws {
        try await Bin.open { bin in
            for verb in [TaskEnding.Verb.succeeded, .failed, .cancelled] {
                let id = try await bin.adopt()
                _ = try await bin.delete(id)
                #expect(try await bin.liveTasks() == 1)
                try await bin.work(verb, failure: Bin.broken)
                #expect(try await bin.liveTasks() == 0, "after \(verb)")
            }
            try await Self.retriedAndRescued(bin)
            try await Self.undone(bin)
            try await Self.destroyed(bin)
            #expect(try await bin.miscountedProjects() == [])
        }
    }

    /// A task that is tried again still counts; one whose lease was lost too often does not.
    private static func retriedAndRescued(_ bin: Bin) async throws {
        _ = try await bin.restore(try await bin.softDeleted())
        try await bin.work(.retrying(after: .zero), failure: Bin.broken)
        try await bin.sweep()
        try await bin.work(.released)
        #expect(try await bin.liveTasks() == 1)
        try await bin.execute(Statement("UPDATE queue.settings SET lost_lease_limit = 1"))
        try await bin.loseLease()
        #expect(try await bin.liveTasks() == 0)
    }

    private static func undone(_ bin: Bin) async throws {
        let id = try await bin.adopt()
        _ = try await bin.delete(id)
        try await limit(bin, to: 1)
        // The delete is the one task that there may be, and its undoing takes no room.
        guard case .accepted = try await bin.restore(id) else { throw Unexpected("the delete was not undone") }
        #expect(try await bin.liveTasks() == 0)
        try await limit(bin, to: 1000)
    }

    private static func destroyed(_ bin: Bin) async throws {
        // A force delete that cancels a waiting task, and one that waits for a running one.
        let waiting = try await bin.adopt()
        _ = try await bin.delete(waiting)
        _ = try await bin.forceDelete(waiting)
        #expect(try await bin.liveTasks() == 1)
        try await bin.work(.succeeded)
        #expect(try await bin.liveTasks() == 0)

        for verb in [TaskEnding.Verb.succeeded, .cancelled] {
            let running = try await bin.adopt()
            _ = try await bin.delete(running)
            let task = try #require(try await bin.claim().first)
            _ = try await bin.forceDelete(running)
            #expect(try await bin.liveTasks() == 1)
            try await bin.finish(task, verb)
            #expect(try await bin.liveTasks() == 1)
            try await bin.work(.succeeded)
            #expect(try await bin.liveTasks() == 0)
        }
        try await purged(bin)
    }

    /// Purges never count, also when a force delete waits for one.
    private static func purged(_ bin: Bin) async throws {
        for verb in [TaskEnding.Verb.failed, .succeeded] {
            let due = try await bin.softDeleted()
            try await bin.letRetentionPass(due)
            #expect(try await bin.sweep().enqueued == 1)
            #expect(try await bin.liveTasks() == 0)
            let purge = try #require(try await bin.claim().first)
            _ = try await bin.forceDelete(due)
            #expect(try await bin.liveTasks() == 0)
            try await bin.finish(purge, verb, failure: Bin.broken)
            #expect(try await bin.miscountedProjects() == [])
            if verb == .failed { try await bin.work(.succeeded) }
            #expect(try await bin.liveTasks() == 0)
        }
    }
}
