import Foundation

/// Standard output and standard error, unbuffered: who reads a pipe sees each line when it is written.
enum Output {
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Columns of the terminal, or nil when it does not tell.
    static var width: Int? {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    static func line(_ text: String) {
        write(text + "\n")
    }

    static func write(_ text: String) {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
        } catch {
            // Whoever read has gone, as `head` does, or the disk is full: nothing more can be told there.
            exit(ExitStatus.failed.rawValue)
        }
    }

    static func complain(_ text: String) {
        do {
            try FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
        } catch {
            // Nobody listens; the exit status still tells.
        }
    }
}

extension String {
    /// The text without control characters: a server's name must not steer the terminal of who lists it.
    var printable: String {
        String(String.UnicodeScalarView(unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
    }
}
