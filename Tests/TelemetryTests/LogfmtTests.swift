import Foundation
import Logging
import Synchronization
import Testing

@testable import Telemetry

@Suite("Log lines")
struct LogfmtTests {
    @Test(
        "quote a value exactly where it needs it",
        arguments: [
            ("plain", "k=plain"), ("", #"k="""#), ("two words", #"k="two words""#), ("a=b", #"k="a=b""#),
            (#"say "hi""#, #"k="say \"hi\"""#), (#"C:\x"#, #"k="C:\\x""#), ("1/2:[]{}", "k=1/2:[]{}"),
            ("größe", "k=größe"),
        ]
    )
    func quoting(_ value: String, _ expected: String) {
        var line = LogfmtLine()
        line.append("k", value)
        #expect(line.text == expected)
    }

    @Test(
        "cannot be broken by what is in them",
        arguments: ["\n", "\r\n", "\u{2028}", "\u{0}", "\u{1b}[31m", "\u{85}"]
    )
    func injection(_ evil: String) {
        var line = LogfmtLine()
        line.append("a\(evil)b", "x\(evil)level=error")
        let breaks = line.text.unicodeScalars.filter { $0.properties.generalCategory == .control || $0 == "\u{2028}" }
        #expect(breaks.isEmpty)
        #expect(line.text.split(separator: " ").count == 1)
    }

    @Test("turn what would end a key into an underscore")
    func keys() {
        var line = LogfmtLine()
        line.append("a b=c", "1")
        #expect(line.text == "a_b_c=1")
    }

    @Test("stand in a fixed order: time, level, label, message, then metadata by key")
    func order() throws {
        let lines = Mutex<[String]>([])
        var logger = Logger(label: "reprieve.test") { label in
            LogfmtHandler(label: label, level: .info) { line, _ in lines.withLock { $0.append(line) } }
        }
        logger[metadataKey: LogKey.workerID] = "w1"
        logger[metadataKey: LogKey.taskID] = "hidden by the event's"
        logger.info("task claimed", metadata: [LogKey.taskID: "t1", LogKey.taskAttempt: "\(2)"])
        let line = try #require(lines.withLock { $0.first })
        let expected = #/time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z level=info label=reprieve\.test /#
        let rest = try #require(try expected.prefixMatch(in: line)).range.upperBound
        #expect(line[rest...] == #"message="task claimed" task.attempt=2 task.id=t1 worker.id=w1"#)
    }

    @Test("carry the error of an event, and the provider's metadata")
    func error() throws {
        let lines = Mutex<[String]>([])
        let logger = Logger(label: "test") { label in
            LogfmtHandler(label: label, level: .info, metadataProvider: .init { [LogKey.requestID: "r1"] }) { line, _ in
                lines.withLock { $0.append(line) }
            }
        }
        logger.error("failed", error: ConfigurationError(.missing, key: "a.b", message: "a.b is not set"))
        let line = try #require(lines.withLock { $0.first })
        #expect(line.hasSuffix(#"error.message="configuration: a.b is not set" request.id=r1"#))
    }

    @Test("below the level are not written")
    func level() {
        let count = Mutex(0)
        let logger = Logger(label: "test") { label in
            LogfmtHandler(label: label, level: .notice) { _, _ in count.withLock { $0 += 1 } }
        }
        logger.info("no")
        logger.notice("yes")
        #expect(count.withLock { $0 } == 1)
    }

    @Test("go to standard error of the process, one each, from the level on")
    func standardError() async throws {
        let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
            LogSetup.bootstrap(level: .warning)
            let logger = Logger(label: "reprieve.test")
            logger.info("not this")
            logger.warning("a line", metadata: [LogKey.hostName: "h\n1"])
        }
        let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
        #expect(text.hasSuffix(#"level=warning label=reprieve.test message="a line" host.name="h\n1""# + "\n"))
        #expect(text.split(separator: "\n").count { $0.contains("reprieve.test") } == 1)
    }

    @Test("carry a priority where standard error is the journal, and only there")
    func journal() throws {
        let folder = try TemporaryFolder()
        let file = folder.path + "/stream"
        try Data().write(to: URL(fileURLWithPath: file))
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        var status = stat()
        try #require(fstat(descriptor, &status) == 0)
        #expect(StandardErrorLog.isJournal("\(status.st_dev):\(status.st_ino)", descriptor: descriptor))
        #expect(!StandardErrorLog.isJournal("\(status.st_dev):\(status.st_ino + 1)", descriptor: descriptor))
        #expect(!StandardErrorLog.isJournal(nil, descriptor: descriptor))
        #expect(Logger.Level.allCases.map(StandardErrorLog.priority) == [7, 7, 6, 5, 4, 3, 2])
    }
}
