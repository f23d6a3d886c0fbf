import Foundation
import Hummingbird
import Logging
import Testing

@testable import ComputeAPI

/// Runs a server on a port of this machine for as long as `body` takes.
func withServer<Responder: HTTPResponder<ConnectionContext>>(
    _ responder: Responder,
    _ configure: (inout ConnectionLimits) -> Void = { _ in },
    certificate: ServerCertificate? = nil,
    logger: Logger = CapturedLog().logger,
    _ body: (Int) async throws -> Void
) async throws {
    var limits = ConnectionLimits()
    configure(&limits)
    let (ports, source) = AsyncStream<Int>.makeStream()
    let service = HTTPService.make(
        responder: responder,
        host: "127.0.0.1",
        port: 0,
        limits: limits,
        certificate: certificate,
        logger: logger
    ) { source.yield($0) }
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await service.run() }
        let port = try #require(await ports.first { _ in true })
        try await body(port)
        group.cancelAll()
    }
}

/// Checks that a whole answer is a refusal in Nova's shape that ends the connection.
func expectRefusal(
    _ reply: String,
    _ status: Int,
    _ name: String,
    _ message: String,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let parts = reply.components(separatedBy: "\r\n\r\n")
    let head = parts[0].lowercased()
    #expect(head.hasPrefix("http/1.1 \(status) "), "\(head)", sourceLocation: sourceLocation)
    #expect(head.contains("\r\nconnection: close"), "\(head)", sourceLocation: sourceLocation)
    #expect(head.contains("\r\nx-openstack-request-id: req-"), "\(head)", sourceLocation: sourceLocation)
    let body = try #require(parts.count == 2 ? parts[1] : nil, "\(reply)", sourceLocation: sourceLocation)
    let json = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: [String: Any]]
    let fault = try #require(json?[name], "\(body)", sourceLocation: sourceLocation)
    #expect(fault["code"] as? Int == status, sourceLocation: sourceLocation)
    let said = fault["message"] as? String ?? ""
    #expect(said.hasPrefix(message), "\(said)", sourceLocation: sourceLocation)
}
