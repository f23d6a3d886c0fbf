import Foundation

/// Starts processes that inherit nothing from this one but three descriptors.
///
/// Foundation's `Process` waits for the end of every descriptor that a child inherited; a server that lives on would hold
/// it for ever.
enum Subprocess {
    /// A command that could not be started, or ended badly.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Starts `arguments[0]`, an absolute path, in a process group of its own, so that a Ctrl-C for us is not one for it.
    static func start(_ arguments: [String], input: Int32, output: Int32) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
        for inherited in openDescriptors() where inherited > STDERR_FILENO {
            posix_spawn_file_actions_addclose(&actions, inherited)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Threads of Swift's runtime block most signals; a shell that inherited that would never hear that a child ended.
        var nothing = sigset_t()
        sigemptyset(&nothing)
        posix_spawnattr_setsigmask(&attributes, &nothing)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        let copies = arguments.map { strdup($0) } + [nil]
        defer { copies.forEach { free($0) } }
        var identifier = pid_t()
        let code = posix_spawn(&identifier, arguments[0], &actions, &attributes, copies, environ)
        guard code == 0 else {
            throw Failure(description: "\(arguments[0]) cannot be started: \(String(cString: strerror(code)))")
        }
        return identifier
    }

    /// Runs a command to its end, without input, its output appended to a file.
    static func run(_ arguments: [String], log: String) async throws {
        let status = try await onThread {
            let input = open("/dev/null", O_RDONLY | O_CLOEXEC)
            let output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
            defer {
                close(input)
                close(output)
            }
            return wait(for: try start(arguments, input: input, output: output))
        }
        guard status == 0 else {
            let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            throw Failure(description: "\(arguments.joined(separator: " ")) failed (\(status)): \(said)")
        }
    }

    /// Waits for the end of a child; blocks.
    @discardableResult
    static func wait(for identifier: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
        return status
    }

    /// A pipe that no other child inherits.
    static func makePipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Failure(description: "no pipe: \(String(cString: strerror(errno)))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    /// The descriptors of this process at this moment; closing one that is gone already does no harm.
    private static func openDescriptors() -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return names.compactMap { Int32($0) }
    }

    /// Runs `body`, which may block, on a thread of its own.
    static func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread { continuation.resume(with: Result(catching: body)) }.start()
        }
    }
}
