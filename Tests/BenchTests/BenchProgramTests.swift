import Foundation
import Postgres
import TestSupport
import Testing

/// The figures themselves are never looked at but for being there: the time something takes decides no test.
@Suite("The benchmark's verbs", .emptyDatabase)
struct BenchProgramTests {
    private let bench = BenchProgram()

    @Test("refuse a call that is none with status 64")
    func misused() async throws {
        for arguments in [["sing"], ["accept"], ["drain", "0"], ["drain", "many"]] {
            #expect(try await bench.run(arguments).status == 64, "\(arguments)")
        }
        #expect(try await BenchProgram(variable: "OTHER").run(["setup"]).status == 64)
    }

    @Test("touch no database but one that was empty when it was set up")
    func guarded() async throws {
        try await TestDatabase.current.withConnection { try await $0.runScript("CREATE TABLE precious (id int)") }
        let refusals = [try await bench.run(["setup"]), try await bench.run(["accept", "1"])]
        #expect(refusals.map(\.status) == [64, 64])
        #expect(refusals.allSatisfy { $0.complaint.contains("left alone") })
    }

    @Test("print one line last: the figure, pgbench's, the ratio, batch, lanes, callers, rounds")
    func figures() async throws {
        #expect(try await bench.run(["setup"]).lines == [#"{"verb":"setup"}"#])
        let accept = try await bench.figure("accept", "20", "--callers", "4", "--rounds", "1")
        #expect(accept.verb == "accept" && accept.callers == 4 && accept.values == [accept.value])
        let drain = try await bench.figure("drain", "20", "--workers", "2", "--rounds", "2")
        #expect(drain.verb == "drain" && drain.callers == 2 && drain.rounds == 2)
        for figure in [accept, drain] {
            #expect(figure.value > 0 && figure.pgbench > 0 && figure.reference.hasPrefix("pgbench"))
            #expect(figure.batch != nil && figure.lanes != nil)
            #expect(figure.void == (figure.ratio == nil))
        }
        let latency = try await bench.figure("latency", "5", "--rounds", "1")
        #expect(latency.unit == "ms" && latency.details["tasks"] == 5)
        #expect(Set(latency.details.keys).isSuperset(of: ["p50", "p95", "p99"]))
        let retain = try await bench.figure("retain", "10")
        #expect(retain.verb == "retain" && retain.value > 0)
        let rows = try await TestDatabase.current.withConnection { connection in
            try await connection.execute(
                Statement("SELECT count(*), count(DISTINCT tableoid) AS days FROM queue.history WHERE kind = 'noop'")
            )
        }
        // The drain's ten times two, gone at each round's beginning; the latency's are of another kind.
        #expect(try rows.first?.decode(Int.self, "count") == 30)
        #expect(try rows.first.map { try $0.decode(Int.self, "days") > 1 } == true)
    }

    @Test("drain real restores through reprieve-worker, on machines that are files")
    func restores() async throws {
        #expect(try await bench.run(["setup"]).status == 0)
        let answer = try await bench.run(["drain", "40", "--restore", "--rounds", "1"])
        #expect(answer.status == 0, "\(answer.complaint)")
        #expect(answer.lines.last?.contains(#""verb":"drain""#) == true)
    }
}

@Suite("The benchmark's answers to a neutral driver", .emptyDatabase)
struct BenchAdapterTests {
    private let bench = BenchProgram(variable: "BENCH_DSN")

    @Test("hold nothing but what was asked for")
    func answers() async throws {
        let setUp = try await bench.run(["adapter", "setup"])
        #expect(setUp.status == 0 && setUp.lines.isEmpty, "\(setUp.complaint)")
        let enqueue = try await bench.run(["adapter", "enqueue", "32"])
        #expect(enqueue.lines.count == 1 && enqueue.lines.first.flatMap(Double.init) != nil)
        let bulk = try await bench.run(["adapter", "bulk", "8"])
        #expect(bulk.lines.count == 1 && bulk.lines.first.flatMap(Double.init) != nil)
        let drain = try await bench.run(["adapter", "drain", "40", "2"])
        #expect(drain.lines.count == 1 && drain.lines.first?.wholeMatch(of: /\{"seconds":[0-9.e-]+\}/) != nil)
        let left = try await TestDatabase.current.withConnection { connection in
            try await connection.execute(Statement("SELECT count(*) FROM queue.tasks"))
        }
        #expect(try left.first?.decode(Int.self, "count") == 0)
        let latency = try await bench.run(["adapter", "latency", "3"])
        let list = try JSONDecoder().decode([Double].self, from: Data((latency.lines.last ?? "").utf8))
        #expect(latency.lines.count == 1 && list.count == 3)
        let retain = try await bench.run(["adapter", "retain", "10"])
        #expect(retain.status == 0 && retain.lines.isEmpty)
        #expect(try await bench.run(["adapter", "sing"]).status == 64)
    }
}
