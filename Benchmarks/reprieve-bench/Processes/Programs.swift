import Foundation

/// Where the programs are that the benchmark starts.
enum Programs {
    /// This program.
    static var bench: URL {
        URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    }

    /// A program of the product, in `REPRIEVE_BIN_DIR` or beside this one.
    static func product(_ name: String) throws -> URL {
        let folder =
            ProcessInfo.processInfo.environment["REPRIEVE_BIN_DIR"].map { URL(filePath: $0) }
            ?? bench.deletingLastPathComponent()
        return try require(folder.appending(path: name), "build it: swift build -c release --product \(name)")
    }

    /// A program from `PATH`.
    static func inPath(_ name: String, _ advice: String) throws -> URL {
        guard let found = lookUp(name) else { throw BenchError(.missing, "\(name) is not in PATH: \(advice)") }
        return found
    }

    /// A program from `PATH`, or nil.
    static func lookUp(_ name: String) -> URL? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        return folders.map { URL(filePath: String($0)).appending(path: name) }.first(where: isExecutable)
    }

    private static func require(_ program: URL, _ advice: String) throws -> URL {
        guard isExecutable(program) else { throw BenchError(.missing, "\(program.path) is not there: \(advice)") }
        return program
    }

    static func isExecutable(_ program: URL) -> Bool {
        FileManager.default.isExecutableFile(atPath: program.path)
    }
}
