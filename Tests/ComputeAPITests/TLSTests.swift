import AsyncHTTPClient
import Foundation
import Hummingbird
import NIOCore
import NIOHTTP1
import NIOSSL
import TestSupport
import Testing

@testable import ComputeAPI

@Suite("TLS", .timeLimit(.minutes(1)))
struct TLSTests {
    /// What a client that trusts only this certificate gets.
    private func get(
        _ port: Int,
        trusting pair: KeyPair,
        newest: TLSVersion? = nil,
        body: HTTPClientRequest.Body? = nil
    ) async throws -> (status: Int, body: String) {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(pair.certificate))
        tls.maximumTLSVersion = newest
        tls.minimumTLSVersion = newest == nil ? .tlsv12 : .tlsv1
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.httpVersion = .http1Only
        // Only a connection that was made for this question shows what is served now.
        let client = HTTPClient(configuration: configuration)
        do {
            var request = HTTPClientRequest(url: "https://127.0.0.1:\(port)/")
            if let body {
                request.method = .POST
                request.body = body
            }
            let response = try await client.execute(request, timeout: .seconds(20))
            let bytes = try await response.body.collect(upTo: 1 << 20)
            try await client.shutdown()
            return (Int(response.status.code), String(buffer: bytes))
        } catch {
            try await client.shutdown()
            throw error
        }
    }

    @Test("requests are answered, and links say https")
    func links() async throws {
        let pair = try KeyPair()
        let certificate = try ServerCertificate(certificatePath: pair.certificate, keyPath: pair.key)
        try await withServer(Harness().responder, certificate: certificate) { port in
            let reply = try await get(port, trusting: pair)
            #expect(reply.status == 200)
            #expect(reply.body.contains("https://127.0.0.1:\(port)/v2.1"))
            #expect(try await get(port, trusting: pair, newest: .tlsv12).status == 200)
            await #expect(throws: (any Error).self) { try await get(port, trusting: pair, newest: .tlsv11) }
            // Who speaks no TLS learns nothing, and the server goes on.
            let plain = try await RawConnection(port: port)
            try await plain.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(!(try await plain.readToEnd().contains("HTTP")))
            #expect(try await get(port, trusting: pair).status == 200)
        }
        try pair.remove()
    }

    @Test("a body that does not come is answered")
    func slowBody() async throws {
        let pair = try KeyPair()
        let certificate = try ServerCertificate(certificatePath: pair.certificate, keyPath: pair.key)
        let limits = { (limits: inout ConnectionLimits) in limits.bodyDeadline = .milliseconds(200) }
        try await withServer(Harness().responder, limits, certificate: certificate) { port in
            let (parts, source) = AsyncStream<ByteBuffer>.makeStream()
            let reply = try await get(port, trusting: pair, body: .stream(parts, length: .known(Int64(5))))
            #expect(reply.status == 408)
            source.finish()
        }
        try pair.remove()
    }

    @Test("a renewed certificate is shown to new connections, once both its files are there")
    func renewal() async throws {
        let (old, new) = (try KeyPair(), try KeyPair())
        let mine = try KeyPair()
        try mine.take(\.certificate, of: old)
        try mine.take(\.key, of: old)
        let certificate = try ServerCertificate(certificatePath: mine.certificate, keyPath: mine.key)
        try await withServer(Harness().responder, certificate: certificate) { port in
            #expect(try await get(port, trusting: old).status == 200)
            #expect(try certificate.reload() == false)
            try mine.take(\.certificate, of: new)
            #expect(throws: ServerCertificate.Failure.self) { try certificate.reload() }
            #expect(try await get(port, trusting: old).status == 200)
            try mine.take(\.key, of: new)
            #expect(try certificate.reload() == true)
            #expect(try await get(port, trusting: new).status == 200)
            await #expect(throws: (any Error).self) { try await get(port, trusting: old) }
        }
        for pair in [old, new, mine] { try pair.remove() }
    }

    @Test("files that cannot be used are told apart")
    func badFiles() throws {
        let (pair, other) = (try KeyPair(), try KeyPair())
        let failure = { (certificate: String, key: String) -> String in
            do {
                _ = try ServerCertificate(certificatePath: certificate, keyPath: key)
                return "none"
            } catch let failure as ServerCertificate.Failure {
                return "\(failure.file): \(failure)"
            }
        }
        #expect(try failure(pair.certificate, pair.key) == "none")
        #expect(try failure("/nowhere", pair.key).hasPrefix("certificate: /nowhere cannot be read"))
        #expect(try failure(pair.certificate, "/nowhere").hasPrefix("key: /nowhere cannot be read"))
        #expect(try failure(pair.key, pair.key) == "certificate: \(pair.key) has no certificate in PEM")
        #expect(
            try failure(pair.certificate, pair.certificate).hasPrefix("key: \(pair.certificate) has no private key")
        )
        #expect(
            try failure(pair.certificate, other.key)
                == "key: \(other.key) does not belong to the certificate in \(pair.certificate)"
        )
        for pair in [pair, other] { try pair.remove() }
    }
}
