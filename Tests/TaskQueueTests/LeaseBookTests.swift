import Foundation
import Testing

@testable import TaskQueue

@Suite("The book of leases")
struct LeaseBookTests {
    private let start = ContinuousClock.now
    private let duration = Duration.seconds(30)
    private let lease = HeldLease(task: UUID(), token: 1)
    private let other = HeldLease(task: UUID(), token: 2)

    /// A book with a margin of 5 s that holds `lease` until 30 s after the start.
    private func book() -> LeaseBook {
        var book = LeaseBook(margin: .seconds(5))
        book.grant(lease, deadline: start + duration)
        return book
    }

    private func learn(
        _ verdict: HeartbeatAnswer.Verdict,
        of lease: HeldLease,
        at seconds: Int = 0,
        _ book: inout LeaseBook
    ) -> (stop: [HeldLease], handBack: [HeldLease]) {
        book.learn(
            [HeartbeatAnswer(lease: lease, verdict: verdict)],
            sent: start + .seconds(seconds),
            leaseDuration: duration
        )
    }

    @Test("holds a lease until its deadline, and no longer")
    func held() {
        let book = book()
        #expect(book.isHeld(lease, at: start + .milliseconds(29_999)))
        #expect(!book.isHeld(lease, at: start + duration))
        #expect(!book.isHeld(other, at: start))
    }

    @Test(
        "moves a deadline to one lease after the heartbeat was sent",
        arguments: [HeartbeatAnswer.Verdict.held, .cancel]
    )
    func extended(verdict: HeartbeatAnswer.Verdict) {
        var book = book()
        _ = learn(verdict, of: lease, at: 10, &book)
        #expect(book.entries[lease]?.deadline == start + .seconds(40))
        #expect(book.nextExpiry == start + .seconds(35))
    }

    @Test("leaves a lease that the answer does not name as it was")
    func leftOut() {
        var book = book()
        let learned = book.learn([], sent: start + .seconds(10), leaseDuration: duration)
        #expect(learned.stop.isEmpty && learned.handBack.isEmpty)
        #expect(book.entries[lease]?.deadline == start + duration)
    }

    @Test("stops a task once for a cancel, and keeps its lease")
    func cancel() {
        var book = book()
        #expect(learn(.cancel, of: lease, &book).stop == [lease])
        #expect(learn(.cancel, of: lease, &book).stop.isEmpty)
        #expect(book.stopReason(of: lease) == .cancelRequested && book.isHeld(lease, at: start))
    }

    @Test("stops a task whose lease is lost, and holds it no more")
    func lost() {
        var book = book()
        #expect(learn(.lost, of: lease, &book).stop == [lease])
        #expect(learn(.lost, of: lease, &book).stop.isEmpty)
        #expect(book.stopReason(of: lease) == .leaseLost && !book.isHeld(lease, at: start))
        #expect(book.nextExpiry == nil)
    }

    @Test("keeps the first reason to stop")
    func firstReason() {
        var cancelled = book()
        _ = learn(.cancel, of: lease, &cancelled)
        #expect(cancelled.stopAll().isEmpty && cancelled.stopReason(of: lease) == .cancelRequested)
        var stopped = book()
        #expect(stopped.stopAll() == [lease])
        #expect(learn(.cancel, of: lease, &stopped).stop.isEmpty && stopped.stopReason(of: lease) == .shutdown)
    }

    @Test("lets a lost lease beat every other reason, and none beat it")
    func lostBeatsAll() {
        for first in [LeaseBook.StopReason.cancelRequested, .shutdown] {
            var book = book()
            if first == .shutdown { _ = book.stopAll() } else { _ = learn(.cancel, of: lease, &book) }
            #expect(learn(.lost, of: lease, &book).stop == [lease])
            #expect(learn(.cancel, of: lease, &book).stop.isEmpty && book.stopAll().isEmpty)
            #expect(book.stopReason(of: lease) == .leaseLost)
        }
    }

    @Test("gives up, once, a lease that runs out within the margin")
    func expiry() {
        var book = book()
        #expect(book.nextExpiry == start + .seconds(25))
        #expect(book.expire(at: start + .milliseconds(24_999)).isEmpty)
        #expect(book.expire(at: start + .seconds(25)) == [lease])
        #expect(book.expire(at: start + .seconds(26)).isEmpty)
        #expect(!book.isHeld(lease, at: start + .seconds(26)))
    }

    @Test("never takes back a lease it has given up")
    func noWayBack() {
        var book = book()
        _ = book.expire(at: start + .seconds(25))
        _ = learn(.held, of: lease, at: 26, &book)
        #expect(!book.isHeld(lease, at: start + .seconds(26)) && book.stopReason(of: lease) == .leaseLost)
    }

    @Test("hands back a lease that it does not know, and no other")
    func unknown() {
        var book = book()
        #expect(learn(.unknown, of: other, &book).handBack == [other])
        #expect(learn(.unknown, of: lease, &book).handBack.isEmpty)
    }

    @Test("knows two leases of one task apart")
    func sameTask() {
        var book = book()
        let newer = HeldLease(task: lease.task, token: 9)
        book.grant(newer, deadline: start + duration)
        _ = learn(.lost, of: lease, &book)
        #expect(book.stopReason(of: lease) == .leaseLost && book.stopReason(of: newer) == nil)
        book.finish(lease)
        #expect(book.isHeld(newer, at: start))
    }

    @Test("is empty when everything it held is finished")
    func empties() {
        var book = book()
        book.grant(other, deadline: start + duration)
        _ = book.stopAll()
        book.finish(lease)
        #expect(!book.isEmpty)
        book.finish(other)
        #expect(book.isEmpty && book.nextExpiry == nil)
    }

    @Test("stops an attempt that takes too long, once, and keeps its lease")
    func tooLong() {
        var book = LeaseBook(margin: .seconds(5))
        book.grant(lease, deadline: start + duration, attemptEnds: start + .seconds(20))
        #expect(book.nextExpiry == start + .seconds(20))
        #expect(book.expire(at: start + .milliseconds(19_999)).isEmpty)
        #expect(book.expire(at: start + .seconds(20)) == [lease])
        #expect(book.expire(at: start + .seconds(21)).isEmpty && book.nextExpiry == start + .seconds(25))
        #expect(book.stopReason(of: lease) == .timedOut && book.isHeld(lease, at: start + .seconds(21)))
    }

    @Test("keeps the last progress of a task it holds, and of no other")
    func progress() {
        var book = book()
        book.report(TaskProgress(step: "one", percent: 1), of: lease)
        book.report(TaskProgress(step: "two", percent: 2), of: lease)
        book.report(TaskProgress(step: "one", percent: 1), of: other)
        #expect(book.entries.mapValues(\.progress) == [lease: TaskProgress(step: "two", percent: 2)])
    }
}
