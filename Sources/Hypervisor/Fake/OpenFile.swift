import Foundation

/// An open file of the fake, as far as the fake needs one: errors name the call and the path.
struct OpenFile {
    let path: String
    private let descriptor: Int32

    /// Opens a file for reading, or tells that there is none with nil.
    static func existing(_ path: String) throws(HypervisorError) -> OpenFile? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0, errno == ENOENT { return nil }
        return try OpenFile(path: path, descriptor: descriptor)
    }

    /// Opens a file for reading and appending, and makes it where it is missing.
    static func appending(_ path: String) throws(HypervisorError) -> OpenFile {
        // Close on exec: a child that inherited the descriptor would keep the lock.
        try OpenFile(path: path, descriptor: open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o644))
    }

    private init(path: String, descriptor: Int32) throws(HypervisorError) {
        guard descriptor >= 0 else { throw HypervisorError.system("open", path) }
        self.path = path
        self.descriptor = descriptor
    }

    func close() {
        _ = Foundation.close(descriptor)
    }

    /// Takes the lock of the file if it is free; it lasts until the file is closed.
    func tryLock() throws(HypervisorError) -> Bool {
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
        guard errno == EWOULDBLOCK else { throw HypervisorError.system("flock", path) }
        return false
    }

    func size() throws(HypervisorError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw HypervisorError.system("fstat", path) }
        return Int(status.st_size)
    }

    /// Reads `count` bytes, or fewer where the file has become shorter meanwhile.
    func read(from offset: Int, count: Int) throws(HypervisorError) -> [UInt8] {
        // The library marks even its shared empty array as filled, and the thread sanitizer sees that as a race.
        guard count > 0 else { return [] }
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(
                    descriptor,
                    buffer.baseAddress?.advanced(by: filled),
                    count - filled,
                    off_t(offset + filled)
                )
                failed = got < 0
                if got <= 0 { break }
                filled += got
            }
        }
        guard !failed else { throw HypervisorError.system("pread", path) }
        return bytes
    }

    func truncate(to size: Int) throws(HypervisorError) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw HypervisorError.system("ftruncate", path) }
    }

    /// Appends in one write, and takes it back when there was room for a part of it only.
    /// - Parameter end: where the file ends now.
    func append(_ data: Data, at end: Int) throws(HypervisorError) {
        let written = data.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard written != data.count else { return }
        let failure = HypervisorError.system("write", path)
        try truncate(to: end)
        throw failure
    }

    /// Appends one byte and tells how many the file had grown to with it. The kernel makes that one step, also between
    /// processes, so it counts without a lock.
    func count() throws(HypervisorError) -> Int {
        var mark = UInt8(ascii: "+")
        guard write(descriptor, &mark, 1) == 1 else { throw HypervisorError.system("write", path) }
        return Int(lseek(descriptor, 0, SEEK_CUR))
    }
}
