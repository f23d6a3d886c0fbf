import Foundation
import Hypervisor
import TestSupport
import Testing

@testable import TaskQueue

/// A whole Reprieve without a clock and without I/O: clients, a database that is a ``ModelDatabase``, workers that are
/// the product's state machines, and hardware. Everything that happens, and every fault, comes from the seed.
///
/// One step is one entry of the agenda: a message arrives, a timer fires, a process dies. After each the promises that
/// can be judged then are; ``finish()`` stops the faults, lets everything end and judges the whole run.
final class Simulation {
    /// A rule that is left out on purpose.
    enum Breakage: Sendable, Hashable, CustomTestStringConvertible {
        case model(ModelDatabase.Breakage)
        case hardwareIgnoresFences
        case hardwareIgnoresLeases
        case leasesCountFromTheAnswer
        case rescuesDespiteYoungContact

        var testDescription: String {
            if case .model(let breakage) = self { breakage.rawValue } else { "\(self)" }
        }
    }

    static let hosts = ["host-1", "host-2"]
    static let places: [[String: Int]] = [["host-1": 2], ["host-1": 1, "host-2": 2], ["host-2": 3]]
    static let lease = 9_000
    static let lockTimeout = 2_000
    private static let origin = ContinuousClock.now
    private static let epoch = Date(timeIntervalSince1970: 1_800_000_000)

    var random: SplitMix64
    var agenda = Agenda()
    /// Milliseconds.
    private(set) var time = 0
    let breakages: Set<Breakage>
    /// How many in a hundred messages go wrong.
    let trouble: Int

    // MARK: The world

    var database: ModelDatabase
    /// How far the database's clock is from the truth: milliseconds.
    var clockOffset = 0
    var jumpedAt = -1_000_000
    /// Grows when every connection breaks.
    var connections = 0
    var downUntil = 0
    /// The end of the last time that the database was away for a lease or longer.
    var longOutageEnded: Int?
    /// The database is away, and for long.
    var longOutage = false
    var hardware = SimulatedHardware()
    var workers: [SimulatedWorker] = []
    var awayHosts: Set<String> = []
    /// Servers whose rows a stranger holds locked, and until when.
    var lockedUntil: [UUID: Int] = [:]
    var started = 0
    var isCalm = false

    // MARK: What is known

    /// Until when the lease with this token lasts, in true time.
    var leaseEnds: [Int64: Int] = [:]
    var leaseExtendedAt: [Int64: Int] = [:]
    /// Attempts of a task that counted.
    var attempts: [UUID: Int] = [:]
    var requests: [String: RunRecord.Request] = [:]
    var effects: [RunRecord.Effect] = []
    var dates: [RunRecord.Dates] = []
    var lastDates: [UUID: RunRecord.Dates] = [:]
    var checker = PromiseChecker(knowsEveryDate: true)
    var violations: [String] = []
    /// How often each fault came, and how tasks ended.
    var tally: [String: Int] = [:]
    private let isRecording: Bool
    private(set) var history: [String] = []

    init(seed: UInt64, breakages: Set<Breakage> = [], isRecording: Bool = false) {
        random = SplitMix64(seed: seed)
        self.breakages = breakages
        self.isRecording = isRecording
        trouble = random.pick([0, 5, 15, 30])
        database = ModelDatabase(now: Self.epoch)
        database.retention = Double(random.pick([8, 20, 60]))
        database.maxAttempts = 3
        database.breakages = Set(breakages.compactMap { if case .model(let breakage) = $0 { breakage } else { nil } })
        hardware.ignoresFences = breakages.contains(.hardwareIgnoresFences)
        hardware.ignoresLeases = breakages.contains(.hardwareIgnoresLeases)
        for number in 1...5 {
            let id = ModelDatabase.id(number, family: 0xB0)
            database.adopt(id, host: Self.hosts[number % 2])
            hardware.define(id)
        }
        for place in Self.places.indices { startWorker(place: place) }
        planRequest()
        planFault()
    }

    /// Lets the next thing happen.
    func step() {
        guard let entry = agenda.next() else { return }
        time = max(time, entry.at)
        if let owner = entry.owner {
            guard owner.isAlive else { return }
            if owner.pausedUntil > time {
                // Whoever wakes finds all its timers due, in no order.
                agenda.add(at: owner.pausedUntil + random.below(30), owner: owner, entry.action)
                return
            }
        }
        entry.action()
    }

    /// Stops the faults and lets everything end.
    func finish() {
        isCalm = true
        note("calm")
        awayHosts = []
        lockedUntil = [:]
        database.pausedQueues = []
        for worker in workers {
            worker.pausedUntil = min(worker.pausedUntil, time)
            (worker.slowUntil, worker.cutOffUntil) = (0, 0)
        }
        // A clock that was set back keeps retries waiting for as long.
        let patience = time + 7_200_000
        while violations.isEmpty, time < patience, !isQuiet { step() }
        if violations.isEmpty { violations = PromiseChecker.violations(in: record()) }
    }

    private var isQuiet: Bool {
        database.tasks.isEmpty && workers.allSatisfy { $0.machine.held.isEmpty }
            && requests.values.allSatisfy { $0.answer != .unknown }
    }

    // MARK: Time

    /// The monotonic clock of every process.
    var instant: ContinuousClock.Instant { Self.origin + .milliseconds(time) }

    /// The database's clock.
    var databaseTime: Date { Self.epoch + Double(time + clockOffset) / 1000 }

    func time(of instant: ContinuousClock.Instant) -> Int {
        let duration = instant - Self.origin
        return Int(duration.components.seconds) * 1000 + Int(duration.components.attoseconds / 1_000_000_000_000_000)
    }

    func after(_ delay: Int, in owner: SimulatedWorker? = nil, _ action: @escaping () -> Void) {
        agenda.add(at: time + delay, owner: owner, action)
    }

    // MARK: What is said about a run

    func note(_ line: @autoclosure () -> String) {
        guard isRecording else { return }
        history.append("\(time) ms: \(line())")
    }

    func expect(_ isTrue: Bool, _ violation: @autoclosure () -> String) {
        guard !isTrue else { return }
        violations.append(violation())
        note("VIOLATION \(violations.last ?? "")")
    }

    func count(_ what: String) {
        tally[what, default: 0] += 1
        note(what)
    }
}
