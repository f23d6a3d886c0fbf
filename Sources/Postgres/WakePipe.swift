import Foundation

/// A descriptor that becomes readable, for good, when a thread that waits for descriptors has to stop.
final class WakePipe: Sendable {
    /// Becomes readable with ``signal()``; to be waited for, never read.
    let readEnd: Int32
    private let writeEnd: Int32

    init() throws(PostgresError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            let reason = String(cString: strerror(errno))
            throw PostgresError(.connectionFailed, "No pipe could be made: \(reason)", retry: .safe)
        }
        (readEnd, writeEnd) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// Makes ``readEnd`` readable; from any thread, any number of times.
    func signal() {
        var byte: UInt8 = 0
        // It can fail only when the pipe is full, and then it is readable.
        _ = write(writeEnd, &byte, 1)
    }
}
