import Compute
import Foundation
import HTTPTypes
import Postgres
import ServiceLifecycle
import TestSupport
import Testing

@testable import ComputeAPI
@testable import TaskQueue

@Suite("Callers who wait for a task", .migratedDatabase)
struct WaitingTests {
    private static let path = "/v2.1/tasks/\(Sample.taskID.text)"

    private struct Stage {
        let harness: Harness
        let watch: TaskWatch
        let services: ServiceGroup

        func get(wait: Int, knowing tag: String? = nil) async -> Reply {
            var headers: HTTPFields = [.prefer: "wait=\(wait)"]
            if let tag { headers[.ifNoneMatch] = tag }
            return await harness.send(.get, path, headers: headers)
        }
    }

    /// An API with one task, whose watch looks every few milliseconds, and finds the task changed each time.
    private func withStage(
        limit: Int = 10,
        share: Int = 10,
        _ configure: (inout APISettings) -> Void = { _ in },
        _ body: (Stage) async throws -> Void
    ) async throws {
        let configuration = try TestDatabase.current.configuration()
        try await TestDatabase.current.withPool { pool in
            let watch = TaskWatch(
                queue: TaskQueue(pool: pool),
                configuration: configuration,
                limit: limit,
                share: share,
                lookInterval: .milliseconds(20),
                logger: TestDatabase.logger
            )
            var state = MemoryServers.State()
            state.servers = [Sample.server()]
            state.tasks = [Sample.task()]
            let services = ServiceGroup(configuration: .init(services: [watch], logger: TestDatabase.logger))
            let stage = Stage(
                harness: Harness(state, watch: watch, configure: configure),
                watch: watch,
                services: services
            )
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await services.run() }
                try await waitUntil("it is open") {
                    guard let waiter = watch.join(UUID(), of: "aaaa", isCurious: false) else { return false }
                    waiter.leave()
                    return true
                }
                try await body(stage)
                await services.triggerGracefulShutdown()
                try await group.waitForAll()
            }
        }
    }

    @Test("without a tag the answer comes when the task has ended, not when it has moved")
    func end() async throws {
        try await withStage { stage in
            async let reply = stage.get(wait: 30)
            try await waitUntil("it waits") { stage.watch.waitingCount == 1 }
            stage.harness.servers.change { $0.tasks[0].progress?.percent = 61 }
            let reads = stage.harness.servers.state.reads
            try await waitUntil("it has looked again") { stage.harness.servers.state.reads > reads + 2 }
            #expect(stage.watch.waitingCount == 1)
            stage.harness.servers.change { $0.tasks[0].finishedAt = Sample.date }
            #expect(try await reply.object("task")["finished_at"] as? String != nil)
            #expect(await reply["preference-applied"] == "wait=30")
            #expect(stage.watch.waitingCount == 0)
        }
    }

    @Test("with a tag the answer comes when it is another")
    func change() async throws {
        try await withStage { stage in
            let tag = try #require(await stage.harness.get(Self.path)["etag"])
            async let reply = stage.get(wait: 30, knowing: tag)
            try await waitUntil("it waits") { stage.watch.waitingCount == 1 }
            stage.harness.servers.change { $0.tasks[0].position = 7 }
            #expect(await reply.status == 200)
            #expect(try await reply.object("task")["position"] as? Int == 7)
        }
    }

    @Test("at the deadline the answer is what there is, and the wait is capped")
    func deadline() async throws {
        try await withStage {
            $0.maximumWait = .seconds(1)
        } _: { stage in
            let began = ContinuousClock.now
            let reply = await stage.get(wait: 3600)
            #expect(reply.status == 200)
            #expect(reply["preference-applied"] == "wait=1")
            let tag = try #require(reply["etag"])
            let again = await stage.get(wait: 1, knowing: tag)
            #expect(again.status == 304)
            #expect(ContinuousClock.now - began >= .seconds(2))
        }
    }

    @Test("nobody waits for what has ended, or is not to be seen")
    func atOnce() async throws {
        try await withStage { stage in
            let path = "/v2.1/tasks/\(Sample.unknownID.text)"
            #expect(await stage.harness.send(.get, path, headers: [.prefer: "wait=30"]).status == 404)
            let stranger = await stage.harness.send(
                .get,
                Self.path,
                token: Harness.stranger,
                headers: [.prefer: "wait=30"]
            )
            #expect(stranger.status == 404)
            stage.harness.servers.change { $0.tasks[0].finishedAt = Sample.date }
            let ended = await stage.get(wait: 30)
            #expect(ended["preference-applied"] == "wait=30")
            #expect(await stage.get(wait: 30, knowing: ended["etag"]).status == 304)
        }
    }

    @Test("beyond the bound callers are answered at once, and those who wait take no place of those who are answered")
    func bound() async throws {
        try await withStage(limit: 3) {
            $0.maximumInFlight = 2
            // Longer than the test takes.
            $0.maximumWait = .seconds(300)
        } _: { stage in
            await withTaskGroup { group in
                for waiting in 1...3 {
                    group.addTask { #expect(await stage.get(wait: 300).status == 200) }
                    await #expect(throws: Never.self) {
                        try await waitUntil("\(waiting) wait") { stage.watch.waitingCount == waiting }
                    }
                }
                let reply = await stage.get(wait: 300)
                #expect(reply.status == 200)
                #expect(reply["preference-applied"] == nil)
                #expect(reply["retry-after"] == "1")
                #expect(await stage.harness.get(Self.path).status == 200)
                stage.harness.servers.change { $0.tasks[0].finishedAt = Sample.date }
            }
        }
    }

    @Test("a project that waits with its whole share is answered at once, another's callers wait")
    func share() async throws {
        try await withStage(share: 1) {
            $0.maximumWait = .seconds(300)
        } _: { stage in
            var foreign = Sample.task()
            (foreign.id, foreign.projectID) = (Sample.unknownID, Sample.otherProjectID)
            stage.harness.servers.change { [foreign] in $0.tasks.append(foreign) }
            async let first = stage.get(wait: 300)
            try await waitUntil("it waits") { stage.watch.waitingCount == 1 }
            let refused = await stage.get(wait: 300)
            #expect(refused.status == 200 && refused["preference-applied"] == nil && refused["retry-after"] == "1")
            let preview = await stage.harness.act(#"{"restore": {"dry_run": true}}"#)
            #expect(stage.harness.servers.state.questions.isEmpty)
            #expect(try preview.object("dry_run")["disk"] as? String == "unknown")
            let path = "/v2.1/tasks/\(Sample.unknownID.text)"
            let other = await stage.harness.send(.get, path, token: Harness.stranger, headers: [.prefer: "wait=1"])
            #expect(other["preference-applied"] == "wait=1")
            stage.harness.servers.change { $0.tasks[0].finishedAt = Sample.date }
            #expect(await first["preference-applied"] == "wait=300")
        }
    }

    @Test("a dry run takes no place of those who are answered while the host is asked")
    func dryRun() async throws {
        try await withStage {
            $0.maximumInFlight = 1
        } _: { stage in
            async let preview = stage.harness.act(#"{"restore": {"dry_run": true}}"#)
            try await waitUntil("the host is asked") { !stage.harness.servers.state.questions.isEmpty }
            #expect(await stage.harness.get(Self.path).status == 200)
            #expect(try await preview.object("dry_run")["disk"] as? String == "unknown")
        }
    }

    @Test("shutdown answers all who wait with what there is")
    func shutdown() async throws {
        try await withStage { stage in
            async let reply = stage.get(wait: 30)
            try await waitUntil("it waits") { stage.watch.waitingCount == 1 }
            await stage.services.triggerGracefulShutdown()
            #expect(await reply.status == 200)
            #expect(await stage.get(wait: 30)["preference-applied"] == nil)
        }
    }

    @Test("a caller who hangs up waits no more, and a request that follows on the connection is answered")
    func hangUp() async throws {
        // Longer than the test waits for it.
        try await withStage {
            $0.maximumWait = .seconds(300)
        } _: { stage in
            try await withServer(stage.harness.responder) { port in
                let request = "GET \(Self.path) HTTP/1.1\r\nHost: x\r\nX-Auth-Token: \(Harness.member)\r\n"
                let waiting = request + "Prefer: wait=300\r\n\r\n"
                var connection: RawConnection? = try await RawConnection(port: port)
                try await connection?.send(waiting)
                try await waitUntil("it waits") { stage.watch.waitingCount == 1 }
                connection = nil
                try await waitUntil("it waits no more") { stage.watch.waitingCount == 0 }

                let next = try await RawConnection(port: port)
                try await next.send(waiting + request + "Connection: close\r\n\r\n")
                try await waitUntil("it waits") { stage.watch.waitingCount == 1 }
                stage.harness.servers.change { $0.tasks[0].finishedAt = Sample.date }
                let text = try await next.readToEnd()
                #expect(text.components(separatedBy: "HTTP/1.1 200").count == 3)
            }
        }
    }
}
