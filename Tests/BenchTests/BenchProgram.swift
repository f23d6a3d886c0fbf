import Foundation
import TestSupport

@testable import reprieve_bench

/// `reprieve-bench` as a process, as built beside the tests.
struct BenchProgram {
    struct Answer {
        var status: Int32
        /// Lines of standard output.
        var lines: [String]
        var complaint: String
    }

    /// The variable that names the database.
    var variable = "DATABASE_URL"

    private static let program =
        URL(filePath: ProcessInfo.processInfo.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
        .appending(path: "reprieve-bench")

    /// Runs it to its end, on the running test's database.
    func run(_ arguments: [String]) async throws -> Answer {
        try await WorkFolder.with { folder in
            let complaint = folder.appending(path: "stderr")
            let process = try ChildProcess(
                URL(filePath: "/bin/sh"),
                ["-c", "\"$@\" 2> \"$0\"; echo $?", complaint.path, Self.program.path] + arguments,
                environment: [variable: TestDatabase.current.connectionString],
                name: "bench",
                folder: folder
            )
            try await process.succeeded()
            var lines = process.output.split(separator: "\n").map(String.init)
            let status = Int32(lines.popLast() ?? "") ?? -1
            return Answer(status: status, lines: lines, complaint: try String(contentsOf: complaint, encoding: .utf8))
        }
    }

    /// Runs a verb that measures, and reads the figure in its last line.
    func figure(_ arguments: String...) async throws -> FigureLine {
        let answer = try await run(arguments)
        guard answer.status == 0, let last = answer.lines.last else {
            throw BenchError(.failed, "\(arguments) ended with \(answer.status): \(answer.complaint)")
        }
        return try JSONDecoder().decode(FigureLine.self, from: Data(last.utf8))
    }
}

/// What every measuring verb prints last.
struct FigureLine: Decodable {
    var verb: String
    var value: Double
    var unit: String
    var pgbench: Double
    var reference: String
    var ratio: Double?
    var void: Bool
    var batch: Int?
    var lanes: Int?
    var callers: Int?
    var rounds: Int
    var values: [Double]
    var details: [String: Double]
}
