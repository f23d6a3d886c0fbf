import Foundation

/// Worker processes of the benchmark: the product's worker with handlers that do nothing, each with its ledger.
struct BenchWorkers {
    private let processes: [ChildProcess]
    let ledgers: [Ledger]

    /// Starts them.
    init(_ count: Int, queue: String, url: String, slots: Int = 0, folder: URL) throws {
        var processes: [ChildProcess] = []
        var ledgers: [Ledger] = []
        for _ in 0..<count {
            let name = "worker-\(UUID().uuidString)"
            let file = folder.appending(path: "\(name).ledger")
            ledgers.append(try Ledger(file, slots: slots))
            processes.append(
                try ChildProcess(
                    Programs.bench,
                    ["worker", "--queue", queue, "--ledger", file.path, "--places", "\(slots)"],
                    environment: ["DATABASE_URL": url],
                    name: name,
                    folder: folder
                )
            )
        }
        self.processes = processes
        self.ledgers = ledgers
    }

    /// Tasks whose completion was committed.
    var endedCount: Int { ledgers.reduce(0) { $0 + $1.endedCount } }

    /// Seconds from the first handler's start to the last completion committed, over all processes.
    var seconds: Double {
        let starts = ledgers.map(\.firstStart).filter { $0 > 0 }
        guard let first = starts.min(), let last = ledgers.map(\.lastEnd).max() else { return 0 }
        return Double(last - first) / 1e9
    }

    func waitUntilReady() async throws {
        try await Wait.until(within: .seconds(60), "the workers are ready") {
            try requireRunning()
            return ledgers.allSatisfy(\.isReady)
        }
    }

    /// Waits until so many tasks have ended.
    func waitUntilEnded(_ count: Int) async throws {
        try await Wait.until(within: .seconds(600), "\(count) tasks have ended") {
            try requireRunning()
            return endedCount >= count
        }
    }

    func requireRunning() throws {
        for process in processes { try process.requireRunning() }
    }

    func stop() async {
        await withDiscardingTaskGroup { group in
            for process in processes { group.addTask { await process.stop() } }
        }
    }

    /// Lends workers to `body` and stops them, whatever becomes of it.
    static func with<Value>(
        _ count: Int,
        queue: String,
        url: String,
        slots: Int = 0,
        folder: URL,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (BenchWorkers) async throws -> Value
    ) async throws -> Value {
        let workers = try BenchWorkers(count, queue: queue, url: url, slots: slots, folder: folder)
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(workers))
        } catch {
            result = .failure(error)
        }
        await workers.stop()
        return try result.get()
    }
}
