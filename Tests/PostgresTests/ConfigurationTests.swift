import Foundation
import Postgres
import TestSupport
import Testing

@Suite("A database configuration")
struct ConfigurationTests {
    private static let secret = "correct-horse"

    private func configuration(_ connectionString: String) throws -> PostgresConfiguration {
        try PostgresConfiguration(connectionString: connectionString, applicationName: "test")
    }

    @Test(
        "reads URIs and keywords, with one host or several",
        arguments: [
            "postgresql://user:\(secret)@db.example/reprieve?sslmode=require",
            "postgresql://user:\(secret)@a:5432,b:5433/reprieve",
            "host=a,b user=user password=\(secret) dbname=reprieve",
        ]
    )
    func reads(_ connectionString: String) throws {
        let configuration = try configuration(connectionString)
        #expect(configuration.description.contains("database: reprieve"))
        #expect(configuration.description.contains("user: user"))
    }

    @Test("never shows its password, printed in any way")
    func secrecy() throws {
        let configuration = try configuration("host=h user=u password=\(Self.secret)")
        var dumped = ""
        dump([configuration], to: &dumped)
        for text in [
            "\(configuration)", String(reflecting: configuration), String(describing: [configuration]), dumped,
        ] {
            #expect(!text.contains(Self.secret))
        }
        #expect("\(configuration)".contains("host: h"))
    }

    @Test(
        "refuses what libpq cannot read, without repeating it",
        arguments: ["postgresql://u:\(secret)@[broken", "host=h \(secret)", "host=h pasword=\(secret)"]
    )
    func refuses(_ connectionString: String) throws {
        let error = try #require(throws: PostgresError.self) { try configuration(connectionString) }
        #expect(error.code == .invalidConfiguration)
        #expect(error.retry == .never)
        #expect(!"\(error)".contains(Self.secret))
    }

    @Test("does not show its password when no connection can be made")
    func secrecyOfFailure() async throws {
        // The password stands in the user name too, which the server's answer repeats.
        let cluster = try await PostgresCluster.shared
        let configuration = try configuration(
            "host=\(cluster.folder.path) dbname=postgres user=\(Self.secret) password=\(Self.secret)"
        )
        let error = try await #require(throws: PostgresError.self) {
            _ = try await Connection.connect(configuration, logger: TestDatabase.logger)
        }
        #expect(error.code == .connectionFailed)
        #expect(error.retry == .safe)
        #expect(error.message.contains("does not exist"))
        #expect(!"\(error)".contains(Self.secret))
    }

    @Test("sends session settings, whatever is in them", .emptyDatabase)
    func settings() async throws {
        var configuration = try TestDatabase.current.configuration()
        let odd = #"3 days \ 'x' = "y" ü"#
        configuration.settings = ["reprieve.first": odd, "reprieve.second": "2"]
        let connection = try await Connection.connect(configuration, logger: TestDatabase.logger)
        let row = try await connection.execute(
            Statement("SELECT current_setting('reprieve.first') AS a, current_setting('reprieve.second') AS b")
        )[0]
        await connection.close()
        #expect(try row.decode(String.self, "a") == odd)
        #expect(try row.decode(String.self, "b") == "2")
    }
}
