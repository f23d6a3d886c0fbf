import ArgumentParser
import Compute
import Foundation
import Postgres
import Testing

@testable import reprieve

@Suite("Errors and exit statuses")
struct CommandErrorTests {
    private func answer(_ status: Int, _ body: String = "") -> ComputeAnswer {
        ComputeAnswer(status: status, body: Data(body.utf8))
    }

    @Test("the numbers are a promise")
    func numbers() {
        #expect(ExitStatus.allCases.map(\.rawValue) == [0, 1, 2, 3, 4, 5, 6])
        #expect(ExitStatus.timedOut.rawValue == 6)
    }

    @Test(
        "each HTTP status has its exit status",
        arguments: [
            (400, 2), (401, 4), (403, 4), (404, 3), (409, 1), (413, 1), (429, 1), (500, 1), (501, 1), (502, 5),
            (503, 5),
            (504, 5), (300, 2),
        ] as [(Int, Int32)]
    )
    func httpStatuses(status: Int, exit: Int32) {
        #expect(answer(status).refusal(advice: nil)?.code.status.rawValue == exit)
    }

    @Test("an answer that is no refusal is none", arguments: [200, 202, 204])
    func success(status: Int) {
        #expect(answer(status).refusal(advice: nil) == nil)
    }

    @Test("a fault tells its message, and what to do next")
    func fault() {
        let body = #"{"conflictingRequest": {"code": 409, "message": "Cannot 'restore' it."}}"#
        #expect(answer(409, body).refusal(advice: "see it")?.line == "Cannot 'restore' it; see it")
        #expect(answer(500, "<html>").refusal(advice: nil)?.line == "the API answered 500")
        let limit = #"{"overLimit": {"code": 429, "message": "Too many tasks."}}"#
        #expect(answer(429, limit).refusal(advice: "see it")?.line == "Too many tasks; see: reprieve task list")
    }

    @Test("a URL that leads elsewhere is asked about, and a server that is not there is not")
    func wrongURL() {
        #expect(answer(300).refusal(advice: nil)?.line == "the API answered 300; is REPRIEVE_URL right?")
        #expect(answer(404, "<html>").refusal(advice: nil)?.line == "the API answered 404; is REPRIEVE_URL right?")
        let fault = #"{"itemNotFound": {"code": 404, "message": "No server."}}"#
        #expect(answer(404, fault).refusal(advice: nil)?.line == "No server")
    }

    @Test("a line holds the whole chain of causes, in one line")
    func chain() {
        let cause = PostgresError(.connectionFailed, "No connection.\n\tIs it running?", retry: .safe)
        let error = CommandError(ComputeError(.databaseUnavailable, "listing failed", cause: cause))
        #expect(error.code == .unreachable)
        #expect(
            error.line == "the database does not answer: listing failed: No connection. Is it running?; "
                + "see database.url (REPRIEVE_DATABASE_URL)"
        )
    }

    @Test("a database that refuses is no database that does not answer")
    func refusal() {
        #expect(CommandError(ComputeError(.unexpected, "no")).code == .failed)
        #expect(CommandError(PostgresError(.server, "no", sqlState: "42501", retry: .never)).code == .failed)
        #expect(CommandError(PostgresError(.poolExhausted, "no", retry: .safe)).code == .unreachable)
        #expect(CommandError(PostgresError(.invalidConfiguration, "no", retry: .never)).code == .misused)
    }
}

@Suite("Arguments")
struct ArgumentTests {
    private let adopt = ["server", "adopt", "--host", "compute-07", "--user", "ada"]

    @Test("a project id that the API would never take is refused", arguments: ["", "Office", "0ff1ce/x"])
    func badProject(project: String) {
        #expect(throws: (any Error).self) { try Reprieve.parseAsRoot(adopt + ["--project", project]) }
    }

    @Test("a status is one that a server can have, in any case of letters")
    func status() {
        #expect(ServerStatusArgument(argument: "soft_deleted")?.status == "SOFT_DELETED")
        let error = #expect(throws: (any Error).self) {
            try Reprieve.parseAsRoot(["server", "list", "--status", "bogus"])
        }
        #expect(error.map { Reprieve.fullMessage(for: $0, columns: 200) }?.contains("'ACTIVE'") == true)
    }

    @Test(
        "a length of time that is refused is answered with the bounds",
        arguments: [
            ["bin", "retention", "0s"], ["bin", "retention", "99999d"], ["server", "delete", "db", "--timeout", "0s"],
        ]
    )
    func bounds(arguments: [String]) {
        let error = #expect(throws: (any Error).self) { try Reprieve.parseAsRoot(arguments) }
        #expect(error.map { Reprieve.fullMessage(for: $0, columns: 200) }?.contains("from 1s to 36600d") == true)
    }

    @Test("an id must be a UUID")
    func badID() {
        #expect(throws: Never.self) { try Reprieve.parseAsRoot(adopt + ["--project", "0ff1ce"]) }
        #expect(throws: (any Error).self) { try Reprieve.parseAsRoot(adopt + ["--project", "0ff1ce", "--id", "7"]) }
    }

    @Test(
        "which tasks to retry is said in exactly one way: ids, filters, or all",
        arguments: [
            [], ["--dry-run"], ["--all", "--kind", "restore"], ["--all", "6b32a4ac-f5c2-4d3b-8b5b-4d1c5cbe0d7f"],
            ["6b32a4ac-f5c2-4d3b-8b5b-4d1c5cbe0d7f", "--since", "1h"], ["--kind", "resize"], ["7"],
        ]
    )
    func badRetry(arguments: [String]) {
        #expect(throws: (any Error).self) { try Reprieve.parseAsRoot(["task", "retry"] + arguments) }
        for good in [["--all"], ["--since", "1h", "--dry-run"], ["6b32a4ac-f5c2-4d3b-8b5b-4d1c5cbe0d7f"]] {
            #expect(throws: Never.self) { try Reprieve.parseAsRoot(["task", "retry"] + good) }
        }
    }

    @Test(
        "a limit is a number within its bounds, and a host is a name",
        arguments: [
            ["limit", "compute-01", "0"], ["limit", "compute-01", "10001"], ["limit", "compute-01", "all"],
            ["limit", "compute 01", "2"], ["limit", "-x", "2"], ["project-limit", "0"], ["project-limit", "1000001"],
        ]
    )
    func badLimit(arguments: [String]) {
        #expect(throws: (any Error).self) { try Reprieve.parseAsRoot(["queue"] + arguments) }
        for good in [["limit", "compute-01", "2"], ["limit", "compute-01", "none"], ["project-limit", "1000000"]] {
            #expect(throws: Never.self) { try Reprieve.parseAsRoot(["queue"] + good) }
        }
    }

    @Test(
        "a fault is exactly one thing",
        arguments: [[], ["--hang", "--die"], ["--slow-ms", "-1"], ["--times", "0", "--hang"]]
    )
    func badFault(arguments: [String]) {
        let fault = ["fake", "fault", "--directory", "d", "--host", "h"]
        #expect(throws: (any Error).self) { try Reprieve.parseAsRoot(fault + arguments) }
        #expect(throws: Never.self) { try Reprieve.parseAsRoot(fault + ["--hang"]) }
    }
}
