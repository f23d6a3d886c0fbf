import Foundation
import Postgres
import ServiceLifecycle
import TestSupport
import Testing

@testable import TaskQueue

@Suite("Waiting for tasks", .migratedDatabase)
struct TaskWatchTests {
    private static let never = Duration.seconds(3600)
    private static let mark = "queued 0  "

    /// Runs a watch; afterwards it has ended.
    private static func withWatch(
        limit: Int = 10_000,
        share: Int = 10_000,
        lookInterval: Duration = never,
        _ body: (TaskWatch, QueueFixture, ServiceGroup) async throws -> Void
    ) async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            let watch = TaskWatch(
                queue: fixture.queue,
                configuration: try database.configuration(applicationName: "watch"),
                limit: limit,
                share: share,
                lookInterval: lookInterval,
                logger: TestDatabase.logger
            )
            let services = ServiceGroup(configuration: .init(services: [watch], logger: TestDatabase.logger))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await services.run() }
                try await waitUntil("it listens") { try await database.sessions().contains("watch") }
                try await body(watch, fixture, services)
                await services.triggerGracefulShutdown()
                try await group.waitForAll()
            }
        }
    }

    /// Waits until something may have changed, as often as it takes; false when the wait was over before, or in vain.
    private static func news(_ waiter: TaskWaiter, until isThere: () async throws -> Bool) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(60)
        while try await !isThere() {
            if waiter.isOver || ContinuousClock.now >= deadline { return false }
            // A wait that is cancelled returns, and would be begun again for ever.
            try Task.checkCancellation()
            await waiter.wait(until: deadline, mark: mark)
        }
        return true
    }

    @Test("who waits is woken when a worker tells, without any look")
    func told() async throws {
        try await Self.withWatch { watch, fixture, _ in
            let ids = try await fixture.enqueue(count: 450)
            let waiters = try ids.map { try #require(watch.join($0, of: "aaaa", isCurious: false)) }
            let woken = Guarded(0)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for waiter in waiters {
                    group.addTask {
                        await waiter.wait(until: .now + Self.never, mark: Self.mark)
                        woken.withLock { $0 += 1 }
                    }
                }
                // Listening begins a little after the session: telling again costs nothing.
                try await waitUntil("all are woken") {
                    _ = try await fixture.queue.tell(ids.map { TaskChange(task: $0, hasEnded: true) })
                    return woken.withLock { $0 == ids.count }
                }
                try await group.waitForAll()
            }
            waiters.forEach { $0.leave() }
            #expect(watch.waitingCount == 0)
        }
    }

    @Test("what nobody told of is found by the look", arguments: ["claimed", "ended"])
    func look(change: String) async throws {
        try await Self.withWatch(lookInterval: .milliseconds(20)) { watch, fixture, _ in
            let id = try await fixture.enqueue()
            let waiter = try #require(watch.join(id, of: "aaaa", isCurious: change == "claimed"))
            async let isWoken = Self.news(waiter) {
                try await fixture.stored(id).status == (change == "ended" ? "succeeded" : "running")
            }
            try await waitUntil("it waits") { waiter.seen != nil }
            let task = try #require(try await fixture.claim().first)
            if change == "ended" { try await fixture.finish(task, .succeeded) }
            #expect(try await isWoken)
            waiter.leave()
        }
    }

    @Test("a look names exactly the tasks that are not as they were seen")
    func changedTasks() async throws {
        try await TestDatabase.current.withQueue { fixture in
            let ids = try await fixture.enqueue(count: 4)
            let tasks = try await fixture.claim(limit: 3)
            #expect(Set(tasks.map(\.id)) == Set(ids[..<3]))
            _ = try await fixture.heartbeat([tasks[1]], progress: TaskProgress(step: "power on", percent: 60))
            try await fixture.finish(tasks[2], .succeeded)
            let seen = [Self.mark, "running 1  ", "running 1 power on 60", ""]
            for (index, id) in ids.enumerated() {
                let changed = try await seen.asyncFilter { mark in
                    try await fixture.queue.changedTasks([SeenTask(task: id, mark: mark)]) == [id]
                }
                let same = [["running 1  "], ["running 1 power on 60"], [], [Self.mark]][index]
                #expect(Set(changed) == Set(seen).subtracting(same))
                let ended = try await fixture.queue.changedTasks([SeenTask(task: id, mark: nil)])
                #expect(ended == (index == 2 ? [id] : []))
            }
        }
    }

    @Test("only those who care for their place in line are woken although nothing has changed")
    func curious() async throws {
        try await Self.withWatch(lookInterval: .milliseconds(20)) { watch, fixture, _ in
            let id = try await fixture.enqueue()
            let curious = try #require(watch.join(id, of: "aaaa", isCurious: true))
            let other = try #require(watch.join(id, of: "aaaa", isCurious: false))
            let isWoken = Guarded(false)
            let waiting = Task {
                await other.wait(until: .now + Self.never, mark: Self.mark)
                isWoken.withLock { $0 = true }
            }
            // The first wait may end with the look that comes when listening begins.
            let deadline = ContinuousClock.now + .seconds(60)
            for _ in 0..<5 { await curious.wait(until: deadline, mark: Self.mark) }
            #expect(ContinuousClock.now < deadline)
            #expect(!isWoken.withLock { $0 })
            other.finish()
            await waiting.value
        }
    }

    @Test("beyond the limit nobody waits, and a place that is left is free again")
    func limit() async throws {
        try await Self.withWatch(limit: 2) { watch, _, _ in
            let task = UUID()
            let first = try #require(watch.join(task, of: "aaaa", isCurious: false))
            _ = try #require(watch.join(task, of: "aaaa", isCurious: false))
            #expect(watch.join(UUID(), of: "aaaa", isCurious: false) == nil)
            first.leave()
            first.leave()
            #expect(watch.waitingCount == 1)
            #expect(watch.join(UUID(), of: "aaaa", isCurious: false) != nil)
        }
    }

    @Test("one project takes no more than its share, and has it again once its callers have left")
    func share() async throws {
        try await Self.withWatch(limit: 4, share: 2) { watch, _, _ in
            for _ in 1...2 {
                let waiters = try (1...2).map { _ in try #require(watch.join(UUID(), of: "aaaa", isCurious: false)) }
                #expect(watch.join(UUID(), of: "aaaa", isCurious: false) == nil)
                let other = try #require(watch.join(UUID(), of: "bbbb", isCurious: false))
                waiters.forEach { $0.leave() }
                other.leave()
            }
            #expect(watch.waitingCount == 0)
        }
    }

    @Test("shutdown ends all waits, and nobody begins another")
    func shutdown() async throws {
        try await Self.withWatch { watch, _, services in
            let waiters = try (0..<100).map { _ in try #require(watch.join(UUID(), of: "aaaa", isCurious: false)) }
            await services.triggerGracefulShutdown()
            for waiter in waiters {
                #expect(try await !Self.news(waiter) { false })
                #expect(waiter.isOver)
            }
            #expect(watch.join(UUID(), of: "aaaa", isCurious: false) == nil)
        }
    }

    @Test("thousands who wait share one session, and none of them asks the database")
    func cost() async throws {
        try await Self.withWatch { watch, fixture, _ in
            let waiters = try (0..<5000).map { _ in try #require(watch.join(UUID(), of: "aaaa", isCurious: true)) }
            let over = Guarded(0)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for waiter in waiters {
                    group.addTask {
                        _ = try await Self.news(waiter) { false }
                        over.withLock { $0 += 1 }
                    }
                }
                try await waitUntil("all wait") { waiters.allSatisfy { $0.seen != nil } }
                let sessions = try await TestDatabase.current.sessions()
                #expect(sessions.count { $0 == "watch" } == 1)
                #expect(sessions.count <= 3)
                waiters.forEach { $0.finish() }
                try await group.waitForAll()
            }
            #expect(over.withLock { $0 } == 5000)
        }
    }

    @Test("a worker tells what it claims, how far it is, and what it ends")
    func worker() async throws {
        try await Self.withWatch { watch, fixture, _ in
            let news = TaskNews(queue: fixture.queue, logger: TestDatabase.logger)
            let services = ServiceGroup(configuration: .init(services: [news], logger: TestDatabase.logger))
            let telling = Task { try await services.run() }
            let (steps, step) = AsyncStream<Void>.makeStream()
            let handler = TestHandler(reporting: { _, report in
                report(TaskProgress(step: "half", percent: 50))
                _ = await steps.first { _ in true }
                return .succeeded()
            })
            let id = try await fixture.enqueue()
            let waiter = try #require(watch.join(id, of: "aaaa", isCurious: true))
            try await withWorker(.test(), on: TestDatabase.current, handlers: [handler], observe: news.observe) { _ in
                // Without a look, each wait ends only when the worker has told.
                let isRunning = try await Self.news(waiter) { try await fixture.stored(id).status == "running" }
                let half = SeenTask(task: id, mark: "running 1 half 50")
                let isHalf = try await Self.news(waiter) { try await fixture.queue.changedTasks([half]).isEmpty }
                step.yield()
                let isDone = try await Self.news(waiter) { try await fixture.stored(id).status == "succeeded" }
                #expect(isRunning && isHalf && isDone)
            }
            waiter.leave()
            await services.triggerGracefulShutdown()
            try await telling.value
        }
    }
}

extension Array {
    fileprivate func asyncFilter(_ isIncluded: (Element) async throws -> Bool) async rethrows -> [Element] {
        var kept: [Element] = []
        for element in self where try await isIncluded(element) { kept.append(element) }
        return kept
    }
}
