import Testing

@testable import ComputeAPI

/// Heads beyond what the HTTP parser takes. It refuses them before any code of ours sees a request.
extension HTTPServiceTests {
    @Test(
        "a head that is too long is refused with 400 and hung up on, with the parser's empty body and not with a fault",
        arguments: [
            "POST /v2.1/servers/\(Sample.id.text)/action HTTP/1.1\r\nHost: x\r\nX-Padding: \(padding)",
            "POST /v2.1/servers/\(Sample.id.text)/action?padding=\(padding) HTTP/1.1\r\nHost: x",
        ]
    )
    func longHead(head: String) async throws {
        let harness = Harness(server: Sample.server())
        try await withServer(harness.responder) { port in
            let connection = try await RawConnection(port: port)
            let body = #"{"restore": null}"#
            try await connection.send(
                "\(head)\r\nX-Auth-Token: \(Harness.member)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            )
            let reply = try await connection.readToEnd()
            #expect(reply.hasPrefix("HTTP/1.1 400"))
            #expect(reply.hasSuffix("\r\n\r\n"))

            // The server goes on for everybody else.
            let next = try await RawConnection(port: port)
            try await next.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await next.readHead().hasPrefix("HTTP/1.1 200"))
        }
        #expect(harness.servers.state.changes.isEmpty)
    }

    private static let padding = String(repeating: "x", count: 90 * 1024)
}
