import ArgumentParser
import Foundation

/// The worker process that the measurements start.
struct WorkerCommand: AsyncParsableCommand, StopsBySignal {
    static let configuration = CommandConfiguration(commandName: "worker", shouldDisplay: false)

    @Option var queue = DrainMeasurement.queue
    @Option var ledger: String
    @Option var places = 0

    func run() async throws {
        try await BenchWorker.run(
            queue: queue,
            url: try BenchDatabase.url(),
            ledger: try Ledger(URL(filePath: ledger), slots: places)
        )
    }
}
