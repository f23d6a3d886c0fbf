import AsyncHTTPClient
import Foundation
import NIOSSL
import TestSupport
import Testing

@Suite("What the API takes anew while it runs", .migratedDatabase)
struct ReloadTests {
    /// How often the API has said that a policy file's rules hold.
    private func loads(_ api: APIClient) -> Int {
        api.process.output.split(separator: "\n").count { $0.contains("policy file loaded") }
    }

    @Test("SIGHUP without a policy file harms nobody")
    func hangup() async throws {
        try await Fleet.run { fleet in
            let api = try await fleet.startAPI()
            api.process.send(SIGHUP)
            #expect(try await api.send("GET", "/v2.1/servers").status == 200)
            api.process.send(SIGTERM)
            #expect(try await api.process.ended() == 0)
        }
    }

    @Test("SIGHUP reads the policy file again, and a change is seen without it")
    func policy() async throws {
        try await Fleet.run { fleet in
            let file = fleet.folder.appending(path: "policy.yaml")
            try Data("unasked: '@'\n".utf8).write(to: file)
            let api = try await fleet.startAPI(environment: ["REPRIEVE_API_POLICY_FILE": file.path])
            // What holds when it listens; only the signal makes it read a file that is as it was.
            #expect(loads(api) == 1)
            api.process.send(SIGHUP)
            try await waitUntil("the file is read again") { loads(api) == 2 }
            #expect(try await api.send("GET", "/v2.1/servers").status == 200)
            try Data("os_compute_api:servers:index: '!'\n".utf8).write(to: file, options: .atomic)
            try await waitUntil("the new rules hold") { try await api.send("GET", "/v2.1/servers").status == 403 }
            api.process.send(SIGTERM)
            #expect(try await api.process.ended() == 0)
        }
    }

    /// Whether a client that trusts only this certificate is answered, over a connection of its own.
    private func isServed(_ pair: KeyPair, by api: APIClient) async throws -> Bool {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(pair.certificate))
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        // A certificate that is not trusted would be tried again and again.
        configuration.connectionPool.retryConnectionEstablishment = false
        let http = HTTPClient(configuration: configuration)
        var client = api
        client.http = http
        let result: Result<Int, any Error>
        do {
            result = .success(try await client.send("GET", "/").status)
        } catch {
            result = .failure(error)
        }
        try await http.shutdown()
        do {
            return try result.get() == 200
        } catch is NIOSSLError {
            return false
        }
    }

    @Test("a renewed certificate is served without a restart")
    func certificate() async throws {
        let (mine, old, new) = (try KeyPair(), try KeyPair(), try KeyPair())
        try mine.take(\.certificate, of: old)
        try mine.take(\.key, of: old)
        try await Fleet.run { fleet in
            let plain = try await fleet.startAPI(
                environment: [
                    "REPRIEVE_API_TLS_CERTIFICATE": mine.certificate, "REPRIEVE_API_TLS_KEY": mine.key,
                ]
            )
            let base = plain.base.replacing("http:", with: "https:")
            let api = APIClient(process: plain.process, base: base, token: plain.token)
            #expect(try await isServed(old, by: api))
            #expect(try await !isServed(new, by: api))
            try mine.take(\.certificate, of: new)
            try mine.take(\.key, of: new)
            try await waitUntil(timeout: .seconds(60), "the new certificate is served") {
                try await isServed(new, by: api)
            }
            #expect(try await !isServed(old, by: api))
            #expect(api.process.output.contains("new TLS certificate"))
        }
        for pair in [mine, old, new] { try pair.remove() }
    }
}
