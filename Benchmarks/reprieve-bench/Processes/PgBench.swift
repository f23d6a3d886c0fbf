import Foundation

/// Runs pgbench: the reference for everything that is measured.
struct PgBench: Sendable {
    private let program: URL
    private let url: String
    private let folder: URL

    /// What pgbench found.
    struct Result: Sendable {
        /// Transactions a second, without the time to connect.
        var rate: Double
        /// Milliseconds for one transaction, on average.
        var latency: Double
    }

    /// - Parameter folder: for its scripts and what it says.
    init(url: String, folder: URL) async throws {
        self.program = try await Self.find(folder)
        self.url = url
        self.folder = folder
    }

    /// Where pg_config says that PostgreSQL's programs are, or else in `PATH`.
    private static func find(_ folder: URL) async throws -> URL {
        if let config = Programs.lookUp("pg_config") {
            let process = try ChildProcess(config, ["--bindir"], name: "pg_config", folder: folder)
            try await process.succeeded()
            let place = process.output.trimmingCharacters(in: .whitespacesAndNewlines)
            let program = URL(filePath: place).appending(path: "pgbench")
            if Programs.isExecutable(program) { return program }
        }
        return try Programs.inPath("pgbench", "it comes with PostgreSQL")
    }

    /// Runs a script.
    /// - Parameters:
    ///   - transactions: of each client.
    ///   - variables: of the script, as each client begins with them.
    func run(
        _ script: PgBenchScript,
        clients: Int,
        transactions: Int,
        variables: [String: String] = [:]
    ) async throws -> Result {
        let file = folder.appending(path: "\(script.name).sql")
        try script.text.write(to: file, atomically: true, encoding: .utf8)
        let process = try ChildProcess(
            program,
            ["-n", "-M", "prepared", "-c", "\(clients)", "-j", "\(min(clients, 2))", "-t", "\(transactions)"]
                + variables.sorted { $0.key < $1.key }.flatMap { ["-D", "\($0.key)=\($0.value)"] }
                + ["-f", file.path],
            // Not among the arguments, which every user of the machine can read.
            environment: ["PGDATABASE": url],
            name: "pgbench",
            folder: folder
        )
        try await process.succeeded()
        return try Self.read(process.output, expected: clients * transactions)
    }

    static func read(_ output: String, expected: Int) throws -> Result {
        guard output.contains("actually processed: \(expected)/\(expected)"),
            let rate = output.firstMatch(of: /tps = ([0-9.]+) \(without/).flatMap({ Double($0.output.1) }),
            let latency = output.firstMatch(of: /latency average = ([0-9.]+) ms/).flatMap({ Double($0.output.1) })
        else { throw BenchError(.failed, "pgbench did not do its \(expected) transactions: \(output)") }
        return Result(rate: rate, latency: latency)
    }
}

/// A script of pgbench, from the folder sql.
struct PgBenchScript: Sendable {
    let name: String
    let text: String

    private init(_ name: String, _ bytes: [UInt8]) {
        self.name = name
        text = String(decoding: bytes, as: UTF8.self)
    }

    /// Accepts a restore, by the function for one row. Variables: `n` (-1), `clients`.
    static let accept = PgBenchScript("accept", PackageResources.pgbench_accept_sql)
    /// Claims and completes 100 plain jobs.
    static let drain = PgBenchScript("drain", PackageResources.pgbench_drain_sql)
    /// Claims and finishes 100 restores. Variables: `low` (0), `host`.
    static let restore = PgBenchScript("restore", PackageResources.pgbench_restore_sql)
    /// Commits one row.
    static let commit = PgBenchScript("commit", PackageResources.pgbench_commit_sql)
}
