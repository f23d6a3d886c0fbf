import Foundation

/// Restores accepted in a second by a real `reprieve-api`, with the load of wrk on the same machine.
struct HTTPMeasurement: Sendable {
    let bench: Bench
    let count: Int
    let connections: Int

    func run() async throws -> Figure {
        let wrk = try Programs.inPath("wrk", "install it (Debian's package wrk)")
        var costs: [Double] = []
        var tails: [Double] = []
        let accept = AcceptMeasurement(bench: bench, count: count, callers: connections)
        let rounds = try await bench.compare(
            "http, \(connections) connections",
            against: accept.referenceName,
            reference: accept.reference
        ) {
            let round = try await ours(wrk)
            costs.append(round.microseconds)
            tails.append(round.tail)
            return round.rate
        }
        return Figure(
            verb: "http",
            name: "HTTP restore accepted, \(connections) connections",
            unit: "restores/s",
            reference: accept.referenceName,
            rounds: rounds,
            batch: Shape.batch,
            lanes: Shape.lanes,
            callers: connections,
            details: ["API CPU µs": costs.median, "p99 ms": tails.median]
        )
    }

    private struct Round {
        var rate: Double
        /// CPU of the API for each restore.
        var microseconds: Double
        /// The 99th percentile of the answers' time, in ms.
        var tail: Double
    }

    private func ours(_ wrk: URL) async throws -> Round {
        try await WorkFolder.with { folder in
            try await bench.database.clear()
            // One more than is sent: see wrk_restore.lua.
            try await bench.database.makeServers(count + 1)
            try await bench.database.settle()
            let api = try ChildProcess(
                Programs.product("reprieve-api"),
                environment: [
                    "REPRIEVE_DATABASE_URL": bench.database.url, "REPRIEVE_API_AUTH": "noauth",
                    "REPRIEVE_API_PORT": "0", "REPRIEVE_API_HEALTH_PORT": "0",
                ],
                name: "api",
                folder: folder
            )
            let result: Result<Round, any Error>
            do {
                result = .success(try await load(api, wrk, folder))
            } catch {
                result = .failure(error)
            }
            await api.stop()
            return try result.get()
        }
    }

    /// Sends every restore, then asks the database and the kernel what became of it.
    private func load(_ api: ChildProcess, _ wrk: URL, _ folder: URL) async throws -> Round {
        let port = try await api.logged("listening", "http.port")
        let (targets, done) = (folder.appending(path: "targets"), folder.appending(path: "done"))
        let script = folder.appending(path: "restore.lua")
        try PackageResources.text(PackageResources.wrk_restore_lua).write(to: script, atomically: true, encoding: .utf8)
        try (0...count).map { "\(BenchServers.projectID($0)) \(BenchServers.serverID($0).uuidString.lowercased())" }
            .joined(separator: "\n").write(to: targets, atomically: true, encoding: .utf8)
        let before = ProcessTimes.of(api.identifier)
        let load = try ChildProcess(
            wrk,
            [
                "-t", "1", "-c", "\(connections)", "-d", "600", "--timeout", "10", "--latency", "-s", script.path,
                "http://127.0.0.1:\(port)",
            ],
            environment: ["BENCH_TARGETS": targets.path, "BENCH_DONE": done.path],
            name: "wrk",
            folder: folder
        )
        do {
            try await Wait.until(within: .seconds(600), "every restore was sent") {
                try api.requireRunning()
                try load.requireRunning()
                return FileManager.default.fileExists(atPath: done.path)
            }
        } catch {
            await load.stop()
            throw error
        }
        let after = ProcessTimes.of(api.identifier)
        // It sleeps until its time is over, or until this; then it tells what it saw.
        load.send(SIGINT)
        try await load.succeeded(within: .seconds(30))
        return try await read(load.output, cpu: (before, after))
    }

    private func read(_ output: String, cpu: (before: ProcessTimes?, after: ProcessTimes?)) async throws -> Round {
        let accepted = try await bench.database.accepted()
        guard !output.contains("Non-2xx"), !output.contains("Socket errors"), accepted.count >= count - connections,
            let before = cpu.before, let after = cpu.after
        else { throw BenchError(.failed, "\(accepted.count) of \(count) restores were accepted; wrk said: \(output)") }
        return Round(
            rate: Double(accepted.count) / accepted.seconds,
            microseconds: (after.own - before.own).seconds * 1e6 / Double(accepted.count),
            tail: Self.tail(output)
        )
    }

    /// The line `99%  12.34ms` of wrk, in ms.
    static func tail(_ output: String) -> Double {
        guard let match = output.firstMatch(of: /99%\s+([0-9.]+)(us|ms|s)/), let value = Double(match.output.1) else {
            return 0
        }
        switch match.output.2 {
        case "us": return value / 1000
        case "s": return value * 1000
        default: return value
        }
    }
}

extension PackageResources {
    static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
