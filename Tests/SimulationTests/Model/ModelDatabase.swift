import Foundation
import TestSupport

@testable import TaskQueue

/// The queue's and the servers' tables and functions as a plain value, to be read beside the SQL: one method for each
/// function of sql/functions/, in the same order of statements. A test plays both and compares them.
///
/// Locks are left out: a step of the model is one transaction with nobody beside it.
struct ModelDatabase: Sendable {
    // MARK: The clock and the sequences

    var now: Date
    private var lastID = 0
    private var lastToken: Int64 = 0
    private(set) var timeline: UInt32 = 1
    private var lastPosition: Int64 = 0

    // MARK: The settings

    var retention: TimeInterval = 604_800
    var purgesPerHour = 500
    var maxAttempts = 5
    var lostLeaseLimit = 20
    var pausedQueues: Set<String> = []
    var runningLimits: [String: Int] = [:]

    // MARK: The tables

    var tasks: [ModelTask] = []
    /// In the order in which they ended.
    var ended: [ModelEnded] = []
    var servers: [ModelServer] = []
    /// Task by request id.
    var actions: [String: Action] = [:]
    var events: [ModelEvent] = []
    var guardRow = PurgeGuard()

    /// What is left out on purpose, to see that a simulation notices.
    var breakages: Set<Breakage> = []

    struct Action: Sendable, Hashable {
        var server: UUID
        var task: UUID
        var start: Date
    }

    struct PurgeGuard: Sendable, Hashable {
        var lastSeenAt: Date?
        var isStopped = false
        var hourStartedAt: Date?
        var hourCount = 0
    }

    /// A rule of the SQL that can be switched off.
    enum Breakage: String, Sendable, CaseIterable {
        case finishIgnoresToken
        case tokenWithoutTimeline
        case finishForgetsEnding
        case rescueIgnoresExpiry
        case retryDespiteCancel
        case releaseCountsAttempt
        case rescueForgetsServer
        case failedRestoreClearsDates
        case retryMovesPurgeAt
        case purgeLooksOnce
        case purgeBeforeItsTime
        case restoreTwice
        case restoreDespitePurge
        case forceDeleteBesideRunning
        case repeatedRequestActsAgain
        case heartbeatRevivesFinished

        /// Those that a database can be compared in: the SQL refuses the others itself, or no server takes over there.
        static let comparable = allCases.filter {
            ![.forceDeleteBesideRunning, .restoreTwice, .tokenWithoutTimeline].contains($0)
        }
    }

    init(now: Date) {
        self.now = now
    }

    func isBroken(_ breakage: Breakage) -> Bool {
        !breakages.isEmpty && breakages.contains(breakage)
    }

    // MARK: Sequences

    mutating func newID() -> UUID {
        lastID += 1
        return Self.id(lastID)
    }

    /// The number as an id, so that ids sort as they were drawn.
    static func id(_ number: Int, family: UInt8 = 0xA0) -> UUID {
        let bytes = (0..<6).map { UInt8(truncatingIfNeeded: number >> (8 * (5 - $0))) }
        return UUID(
            uuid: (
                bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, family
            )
        )
    }

    mutating func newToken() -> Int64 {
        lastToken += 1
        return isBroken(.tokenWithoutTimeline) ? lastToken : Int64(timeline) << 44 | lastToken
    }

    /// Another server takes over, and of the sequence's advance so much had not reached it.
    mutating func failOver(losing tokens: Int64) {
        timeline += 1
        lastToken = max(0, lastToken - tokens)
    }

    mutating func newPosition() -> Int64 {
        lastPosition += 1
        return lastPosition
    }

    /// The next position is above this one.
    mutating func advance(position: Int64) {
        lastPosition = max(lastPosition, position)
    }

    // MARK: Rows

    func serverIndex(_ id: UUID) -> Int? {
        servers.firstIndex { $0.id == id }
    }

    func server(_ id: UUID) -> ModelServer? {
        servers.first { $0.id == id }
    }

    func taskIndex(of subject: UUID) -> Int? {
        tasks.firstIndex { $0.subject == subject }
    }

    func taskIndex(_ id: UUID, token: Int64) -> Int? {
        tasks.firstIndex {
            $0.id == id && ($0.lease?.token == token || isBroken(.finishIgnoresToken) && $0.lease != nil)
        }
    }

    /// compute.adopt_server_v1
    mutating func adopt(_ id: UUID, host: String) {
        servers.append(ModelServer(id: id, host: host))
    }
}
