import Foundation

/// What the kernel says of a process, from /proc.
struct ProcessTimes: Sendable {
    var parent: Int32
    /// The name of its program, at most 15 bytes.
    var name: String
    /// CPU that it has used, in all its threads.
    var own: Duration
    /// CPU of its children that have ended.
    var reaped: Duration

    /// nil when there is no such process.
    static func of(_ process: Int32) -> ProcessTimes? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(process)/stat") else { return nil }
        return ProcessTimes(stat: String(decoding: data, as: UTF8.self))
    }

    /// Reads a line of /proc/PID/stat. The name stands in parentheses and may hold some itself.
    init?(stat: String) {
        guard let open = stat.firstIndex(of: "("), let close = stat.lastIndex(of: ")") else { return nil }
        name = String(stat[stat.index(after: open)..<close])
        let fields = stat[stat.index(after: close)...].split(separator: " ")
        // Counted from the state, which is the third field of the line.
        guard fields.count > 14, let parent = Int32(fields[1]) else { return nil }
        let ticks = fields[11...14].compactMap { Int64($0) }
        guard ticks.count == 4 else { return nil }
        self.parent = parent
        own = Self.duration(ticks[0] + ticks[1])
        reaped = Self.duration(ticks[2] + ticks[3])
    }

    private static func duration(_ ticks: Int64) -> Duration {
        .seconds(Double(ticks) / Double(sysconf(Int32(_SC_CLK_TCK))))
    }

    /// Resident memory of a process in MB, or nil.
    static func residentMegabytes(_ process: Int32) -> Double? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(process)/status") else { return nil }
        let line = String(decoding: data, as: UTF8.self).firstMatch(of: /VmRSS:\s+([0-9]+) kB/)
        return line.flatMap { Double($0.output.1) }.map { $0 / 1024 }
    }

    /// Whether a process has loaded Swift's libraries, instead of having them linked in.
    /// - Throws: what reading /proc throws.
    static func usesSharedRuntime(_ process: Int32) throws -> Bool {
        let file = try FileHandle(forReadingFrom: URL(filePath: "/proc/\(process)/maps"))
        defer { file.closeFile() }
        // The file has no size, and comes in pieces.
        var maps = Data()
        while let piece = try file.read(upToCount: 65536), !piece.isEmpty { maps += piece }
        return String(decoding: maps, as: UTF8.self).contains("libswiftCore.so")
    }
}

/// The CPU of a whole PostgreSQL server on this machine: its postmaster, all its processes, and those that have ended.
struct ServerTimes: Sendable {
    private let postmaster: Int32

    /// - Parameter backend: the process of a session.
    /// - Returns: nil when that is no PostgreSQL process of this machine.
    init?(backend: Int32) {
        guard let times = ProcessTimes.of(backend), times.name == "postgres",
            ProcessTimes.of(times.parent)?.name == "postgres"
        else { return nil }
        postmaster = times.parent
    }

    /// CPU used so far; nil when the server is gone.
    func used() -> Duration? {
        guard let own = ProcessTimes.of(postmaster) else { return nil }
        let entries: [String]
        do {
            entries = try FileManager.default.contentsOfDirectory(atPath: "/proc")
        } catch {
            return nil
        }
        return entries.compactMap { Int32($0) }.compactMap(ProcessTimes.of).filter { $0.parent == postmaster }
            .reduce(own.own + own.reaped) { $0 + $1.own + $1.reaped }
    }
}
