import Foundation

/// A shell that is the parent of the server, obeys commands from a pipe, and, when that pipe ends, because this process
/// closed it or was killed, stops the server and removes its folder.
final class PostgresClusterWatchdog: Sendable {
    /// The commands are `start` and the names of the signals that stop a server. Each is answered with a line when it is
    /// done. `$1` is the folder, the rest the server's command.
    private static let script = """
        folder=$1
        shift
        server=
        while read -r command; do
            case $command in
            start)
                "$@" </dev/null >>"$folder/server.log" 2>&1 &
                server=$!
                ;;
            *)
                kill -s "$command" "$server"
                wait "$server"
                server=
                ;;
            esac
            echo done
        done
        if [ -n "$server" ]; then
            kill -s QUIT "$server"
            wait "$server"
        fi
        rm -rf "$folder"
        """

    private let process: pid_t
    private let commands: Int32
    private let answers: Int32

    init(folder: URL, serverCommand: [String]) throws {
        // Closed for every other child: a copy of the write end elsewhere would keep the watchdog waiting.
        let (commandsRead, commandsWrite) = try Subprocess.makePipe()
        let (answersRead, answersWrite) = try Subprocess.makePipe()
        defer {
            close(commandsRead)
            close(answersWrite)
        }
        process = try Subprocess.start(
            ["/bin/sh", "-c", Self.script, "postgres-watchdog", folder.path] + serverCommand,
            input: commandsRead,
            output: answersWrite
        )
        commands = commandsWrite
        answers = answersRead
    }

    deinit {
        close(commands)
        close(answers)
        let process = process
        // Reaps the shell, which needs a moment to stop its server.
        Thread { Subprocess.wait(for: process) }.start()
    }

    /// Gives a command and waits until it is carried out.
    func send(_ command: String) async throws {
        let (commands, answers) = (commands, answers)
        try await Subprocess.onThread {
            let line = Array("\(command)\n".utf8)
            guard write(commands, line, line.count) == line.count else {
                throw Subprocess.Failure(description: "the watchdog of the PostgreSQL server is gone")
            }
            var answer = [UInt8](repeating: 0, count: 64)
            guard read(answers, &answer, answer.count) > 0 else {
                throw Subprocess.Failure(description: "the watchdog of the PostgreSQL server ended")
            }
        }
    }
}
