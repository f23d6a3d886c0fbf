import Foundation
import Postgres

/// What a worker process tells the benchmark, in a file that both have mapped: counting costs the worker no system call,
/// and the benchmark sees it without asking the database, which would disturb what it measures.
///
/// Times are nanoseconds of `CLOCK_MONOTONIC`, which is one clock for all processes of a machine.
final class Ledger: @unchecked Sendable {
    // Invariant behind @unchecked: one process writes, under `lock`; aligned words of 64 bits are read whole.
    private let cells: UnsafeMutablePointer<Int64>
    private let slots: Int
    private let lock = Guarded(())

    /// The cells before the slots.
    private enum Cell: Int, CaseIterable { case ready, firstStart, lastEnd, ended }

    /// Maps a file, which is made when it is not there.
    /// - Parameter slots: how many tasks have a place of their own.
    init(_ file: URL, slots: Int) throws {
        self.slots = slots
        let bytes = (Cell.allCases.count + slots) * MemoryLayout<Int64>.size
        let descriptor = open(file.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        guard descriptor >= 0, ftruncate(descriptor, off_t(bytes)) == 0,
            let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), memory != MAP_FAILED
        else { throw BenchError(.failed, "\(file.path) cannot be mapped: \(String(cString: strerror(errno)))") }
        cells = memory.bindMemory(to: Int64.self, capacity: Cell.allCases.count + slots)
    }

    deinit {
        munmap(cells, (Cell.allCases.count + slots) * MemoryLayout<Int64>.size)
    }

    /// The time.
    static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    // MARK: The worker's

    /// The worker is known to the database and looks for tasks.
    func ready() { lock.withLock { _ in self[.ready] = 1 } }

    /// A handler has started.
    /// - Parameter slot: the place of its task, where the time is kept.
    func started(at time: Int64, slot: Int? = nil) {
        lock.withLock { _ in
            if let slot, (0..<slots).contains(slot) {
                cells[Cell.allCases.count + slot] = time
            } else if self[.firstStart] == 0 {
                self[.firstStart] = time
            }
        }
    }

    /// A completion has been committed.
    func ended() {
        lock.withLock { _ in
            self[.lastEnd] = Self.now
            self[.ended] += 1
        }
    }

    // MARK: The benchmark's

    var isReady: Bool { self[.ready] != 0 }
    var firstStart: Int64 { self[.firstStart] }
    var lastEnd: Int64 { self[.lastEnd] }
    var endedCount: Int { Int(self[.ended]) }

    /// When the handler of the task with this place started; nil when it has not.
    func start(slot: Int) -> Int64? {
        let time = cells[Cell.allCases.count + slot]
        return time == 0 ? nil : time
    }

    private subscript(cell: Cell) -> Int64 {
        get { cells[cell.rawValue] }
        set { cells[cell.rawValue] = newValue }
    }
}
