import Foundation

/// The product's own worker process.
enum RealWorker {
    /// As many tasks at once as its settings allow for one host.
    static let mostSlots = 512

    /// Starts one for the benchmark's host, with its settings as they come but for `slots`.
    /// - Parameter slots: tasks at once; nil for the default.
    static func start(
        _ name: String,
        url: String,
        machines: URL,
        slots: Int? = nil,
        folder: URL
    ) throws -> ChildProcess {
        var environment = [
            "REPRIEVE_DATABASE_URL": url,
            "REPRIEVE_WORKER_HOSTS": BenchServers.host,
            "REPRIEVE_WORKER_DRIVER": "fake",
            "REPRIEVE_FAKE_DIRECTORY": machines.path,
        ]
        if let slots { environment["REPRIEVE_WORKER_CONCURRENCY"] = "\(slots)" }
        return try ChildProcess(
            Programs.product("reprieve-worker"),
            environment: environment,
            name: name,
            folder: folder
        )
    }
}
