import Foundation

/// The file that is a server: its last complete line says what the server is.
///
/// A writer that is killed within its write may leave part of a line. Readers look at complete lines only, and the next
/// writer cuts the rest off under the lock, so such a call simply never happened. Readers therefore need no lock.
struct ServerJournal: Sendable {
    let path: String

    /// The last complete line, or nil when there is none.
    func last() throws(HypervisorError) -> FakeHypervisor.JournalEntry? {
        guard let file = try OpenFile.existing(path) else { return nil }
        defer { file.close() }
        return try tail(of: file).entry
    }

    /// Every complete line, oldest first; empty when there is no file.
    func entries() throws(HypervisorError) -> [FakeHypervisor.JournalEntry] {
        guard let file = try OpenFile.existing(path) else { return [] }
        defer { file.close() }
        let bytes = try file.read(from: 0, count: file.size())
        var entries: [FakeHypervisor.JournalEntry] = []
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast() {
            entries.append(try .parse(Data(line), path: path))
        }
        return entries
    }

    /// Appends one line that depends on the last one, both under the lock of the file; makes the file where it is
    /// missing.
    /// - Parameter next: decides the line, given the last one. When it throws, nothing is written.
    /// - Returns: the entry appended, or nil when another call holds the lock.
    func append(
        _ next: (FakeHypervisor.JournalEntry?) throws(HypervisorError) -> FakeHypervisor.JournalEntry
    ) throws(HypervisorError) -> FakeHypervisor.JournalEntry? {
        let file = try OpenFile.appending(path)
        // Closing the file also gives the lock back.
        defer { file.close() }
        guard try file.tryLock() else { return nil }
        let tail = try tail(of: file)
        let entry = try next(tail.entry)
        if tail.hasPartOfALine { try file.truncate(to: tail.end) }
        try file.append(entry.line(), at: tail.end)
        return entry
    }

    private struct Tail {
        var entry: FakeHypervisor.JournalEntry?
        /// Where the last complete line ends, in bytes from the beginning of the file.
        var end: Int
        var hasPartOfALine: Bool
    }

    /// Reads the end of the file only, since a journal may be long and its end is asked for at every call.
    private func tail(of file: OpenFile) throws(HypervisorError) -> Tail {
        let size = try file.size()
        // Twice the longest line: one that is complete, and part of another behind it.
        let start = max(0, size - 2 * FakeHypervisor.JournalEntry.longestLine)
        let bytes = try file.read(from: start, count: size - start)
        guard let end = bytes.lastIndex(of: UInt8(ascii: "\n")) else {
            return Tail(entry: nil, end: 0, hasPartOfALine: size > 0)
        }
        let before = bytes[..<end].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.startIndex
        return Tail(
            entry: try .parse(Data(bytes[before..<end]), path: path),
            end: start + end + 1,
            hasPartOfALine: start + end + 1 < size
        )
    }
}
