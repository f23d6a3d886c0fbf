import Testing

@testable import reprieve_bench

@Suite("Rounds of a comparison")
struct RoundsTests {
    private func rounds(quiet: Double = 0, _ pairs: [(ours: Double, reference: Double)]) -> Rounds {
        var rounds = Rounds(quiet: quiet)
        for pair in pairs { rounds.add(ours: pair.ours, reference: pair.reference) }
        return rounds
    }

    @Test("give the median of ours against the median of the reference")
    func medians() {
        let odd = rounds([(10, 100), (30, 90), (20, 110)])
        #expect(odd.value == 20 && odd.reference == 100 && odd.ratio == 0.2)
        let even = rounds([(10, 100), (20, 120)])
        #expect(even.value == 15 && even.reference == 110)
    }

    @Test("are void when the reference fell under half of its best value, in these rounds or before")
    func void() {
        #expect(rounds([(10, 100), (10, 49), (10, 49)]).ratio == nil)
        #expect(rounds([(10, 100), (10, 51), (10, 51)]).ratio != nil)
        #expect(rounds(quiet: 201, [(10, 100)]).isVoid)
        #expect(!rounds(quiet: 200, [(10, 100)]).isVoid)
        #expect(rounds(quiet: 90, [(10, 100)]).quiet == 100)
    }

    @Test("give percentiles by the nearest rank")
    func percentiles() {
        let values = (1...100).map(Double.init).shuffled()
        #expect(values.percentile(50) == 50 && values.percentile(99) == 99 && values.percentile(100) == 100)
        #expect([7.0].percentile(1) == 7)
        #expect([Double]().percentile(50) == 0)
    }
}

@Suite("What other programs say")
struct ReadingTests {
    @Test("is read from pgbench's report, and refused when a transaction is missing")
    func pgbench() throws {
        let report = """
            number of transactions actually processed: 40/40
            number of failed transactions: 0 (0.000%)
            latency average = 1.250 ms
            initial connection time = 5.000 ms
            tps = 3200.500000 (without initial connection time)
            """
        let result = try PgBench.read(report, expected: 40)
        #expect(result.rate == 3200.5 && result.latency == 1.25)
        #expect(throws: BenchError.self) { try PgBench.read(report, expected: 41) }
    }

    @Test("is read from wrk's report, whatever the unit")
    func wrk() {
        #expect(HTTPMeasurement.tail("     99%   12.50ms\n") == 12.5)
        #expect(HTTPMeasurement.tail("     99%  500.00us\n") == 0.5)
        #expect(HTTPMeasurement.tail("     99%    1.50s\n") == 1500)
    }

    @Test("is read from a line of /proc, though a program's name may hold parentheses and blanks")
    func times() throws {
        let line = "7 (a) b) S 3 7 7 0 -1 4194560 1 2 3 4 250 50 20 10 20 0 1 0 99 1 1"
        let times = try #require(ProcessTimes(stat: line))
        #expect(times.name == "a) b" && times.parent == 3)
        #expect(times.own.seconds * 10 == times.reaped.seconds * 100)
        #expect(times.own > .zero)
    }

    @Test(
        "names another database in a connection string of either form",
        arguments: [
            ("host=/run dbname=a", "host=/run dbname=a dbname=b"),
            ("postgresql://u@/a?host=/run", "postgresql://u@/a?host=/run&dbname=b"),
            ("postgresql://u@h/a", "postgresql://u@h/a?dbname=b"),
        ]
    )
    func database(given: String, expected: String) {
        #expect(OwnDatabases.url(given, database: "b") == expected)
    }
}
