import HTTPTypes
import Hummingbird
import NIOCore
import TestSupport
import Testing

@testable import ComputeAPI

@Suite("The bounds of a connection", .timeLimit(.minutes(1)))
struct ConnectionBoundTests {
    private static func x(_ count: Int) -> String { String(repeating: "x", count: count) }

    @Test(
        "a head beyond the bounds is refused as a fault, whatever is behind it, also where the parser gives up",
        arguments: [
            ("GET /v2.1/servers?a=\(x(8 * 1024)) HTTP/1.1\r\nHost: x", 414, "Request target is too long"),
            ("GET /v2.1/servers?a=\(x(100 * 1024)) HTTP/1.1\r\nHost: x", 414, "Request target is too long"),
            ("GET /v2.1/servers HTTP/1.1\r\nHost: x\r\nX-A: \(x(16 * 1024))", 431, "Request headers are too large"),
            ("GET /v2.1/servers HTTP/1.1\r\nHost: x\r\nX-A: \(x(200 * 1024))", 431, "Request headers are too large"),
            (
                "GET / HTTP/1.1" + String(repeating: "\r\nX-A: b", count: 201), 431,
                "Request headers are too large"
            ),
            ("GET / HTTP/1.1\r\nHost x", 400, "This is no HTTP request"),
            ("G@T / HTTP/1.1\r\nHost: x", 400, "This is no HTTP request"),
            ("GET / HTTP/3.7\r\nHost: x", 400, "This is no HTTP request"),
            ("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2", 400, "This is no HTTP request"),
        ]
    )
    func head(head: String, status: Int, message: String) async throws {
        let harness = Harness(server: Sample.server())
        try await withServer(harness.responder, logger: harness.log.logger) { port in
            let connection = try await RawConnection(port: port)
            // The refusal may come, and the connection end, before all of it is sent.
            try await connection.send("\(head)\r\nX-Auth-Token: sesame\r\n\r\n")
            await connection.finishSending()
            let name = status == 400 ? "badRequest" : "computeFault"
            try expectRefusal(try await connection.readToEnd(), status, name, message)
            let next = try await RawConnection(port: port)
            try await next.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await next.readHead().hasPrefix("HTTP/1.1 200"))
        }
        #expect(harness.log.lines.contains { $0.value("http.status") == "\(status)" && $0.value("request.id") != nil })
        #expect(!harness.log.lines.contains { "\($0)".contains("sesame") })
    }

    @Test("a head within the bounds is served")
    func largestHead() async throws {
        try await withServer(Harness().responder) { port in
            let connection = try await RawConnection(port: port)
            let target = "/?a=" + Self.x(8 * 1024 - 4)
            try await connection.send("GET \(target) HTTP/1.1\r\nHost: x\r\nX-A: \(Self.x(16 * 1024 - 16))\r\n\r\n")
            #expect(try await connection.readHead().hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test("a body beyond the bound is refused before anybody asks who sends it")
    func chunkedBody() async throws {
        try await withServer(Harness().responder) { port in
            let connection = try await RawConnection(port: port)
            try await connection.send("POST /v2.1/servers HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<8 { try await connection.send("4000\r\n\(Self.x(0x4000))\r\n") }
            await connection.finishSending()
            try expectRefusal(try await connection.readToEnd(), 413, "overLimit", "Request is too large")
        }
    }

    @Test("a head that comes byte by byte is refused when its time is over, and nobody else waits for it")
    func slowHead() async throws {
        try await withServer(Harness().responder, { $0.headerDeadline = .milliseconds(300) }) { port in
            let slow = try await RawConnection(port: port)
            try await slow.send("GET / HTTP/1.1\r\nX-A: ")
            let dribble = Task {
                // Until the server hangs up.
                while !Task.isCancelled {
                    try await slow.send("x")
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            let other = try await RawConnection(port: port)
            try await other.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await other.readHead().hasPrefix("HTTP/1.1 200"))
            try expectRefusal(
                try await slow.readAnswers(1).map { "HTTP/1.1 \($0)" }[0],
                408,
                "computeFault",
                "The head of the request did not arrive in time."
            )
            dribble.cancel()
        }
    }

    @Test("a connection that has answered is closed when it stays idle")
    func idleAfterAnswer() async throws {
        try await withServer(Harness().responder, { $0.idleTimeout = .milliseconds(200) }) { port in
            try await waitUntil("a connection is answered and then closed") {
                do {
                    let connection = try await RawConnection(port: port)
                    try await connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                    return try await connection.readToEnd().hasPrefix("HTTP/1.1 200")
                } catch is RawConnection.Failure {
                    // This process was so slow that the connection was idle before the request was sent.
                    return false
                }
            }
        }
    }

    @Test("who never reads is hung up on")
    func writeDeadline() async throws {
        struct Large: HTTPResponder {
            let channels: AsyncStream<any Channel>.Continuation
            func respond(to request: Request, context: ConnectionContext) async throws -> Response {
                if let channel = context.channel { channels.yield(channel) }
                let body = ByteBuffer(repeating: UInt8(ascii: "x"), count: 64 << 20)
                return Response(status: .ok, body: ResponseBody(byteBuffer: body))
            }
        }
        let (channels, source) = AsyncStream<any Channel>.makeStream()
        try await withServer(Large(channels: source), { $0.writeDeadline = .milliseconds(200) }) { port in
            let connection = try await RawConnection(port: port)
            try await connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            let channel = try #require(await channels.first { _ in true })
            try await channel.closeFuture.get()
            #expect(!channel.isActive)
            try await connection.send("")
        }
    }

    @Test("connections beyond the bound are refused and leave room when they end")
    func connections() async throws {
        try await withServer(Harness().responder, { $0.maximumConnections = 2 }) { port in
            let hello = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
            var kept = [try await RawConnection(port: port), try await RawConnection(port: port)]
            for connection in kept {
                try await connection.send(hello)
                #expect(try await connection.readHead().hasPrefix("HTTP/1.1 200"))
            }
            let surplus = try await RawConnection(port: port)
            try await surplus.send(hello)
            let reply = try await surplus.readToEnd()
            try expectRefusal(reply, 503, "serviceUnavailable", "Too many connections are open.")
            #expect(reply.lowercased().contains("\r\nretry-after: 1"))
            kept.removeLast()
            try await waitUntil("there is room again") {
                let next = try await RawConnection(port: port)
                try await next.send(hello)
                return try await next.readHead().hasPrefix("HTTP/1.1 200")
            }
        }
    }

    @Test("very many connections beyond the bound are dropped, and the server goes on")
    func flood() async throws {
        try await withServer(Harness().responder, { $0.maximumConnections = 1 }) { port in
            let first = try await RawConnection(port: port)
            try await first.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await first.readHead().hasPrefix("HTTP/1.1 200"))
            // One is served and 64 are told, who have said nothing yet.
            let (dropped, source) = AsyncStream<Void>.makeStream()
            for _ in 0..<70 {
                let connection = try await RawConnection(port: port)
                Task {
                    let reply = try await connection.readToEnd()
                    if reply.isEmpty { source.yield() }
                }
            }
            for await _ in dropped.prefix(6) {}
            try await first.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await first.readAnswers(1)[0].contains("200 OK"))
        }
    }

    @Test("a request whose body has not come takes no place among those that are answered")
    func halfRequest() async {
        let harness = Harness { $0.maximumInFlight = 1 }
        let (asked, source) = AsyncStream<Void>.makeStream()
        let (bodies, body) = AsyncStream<ByteBuffer>.makeStream()
        let slow = Request(
            head: HTTPRequest(
                method: .post,
                scheme: "http",
                authority: "x",
                path: "/v2.1/servers",
                headerFields: [.contentLength: "9"]
            ),
            body: RequestBody(
                asyncSequence: bodies.map { buffer in
                    source.yield()
                    return buffer
                }
            )
        )
        async let late = Reply(harness.responder.respond(to: slow, context: ConnectionContext()))
        body.yield(ByteBuffer(string: #"{"a""#))
        for await _ in asked.prefix(1) {}
        #expect(await harness.get("/v2.1/servers").status == 200)
        body.yield(ByteBuffer(string: ": {}}"))
        body.finish()
        #expect(await late.status == 401)
    }

    @Test("health answers while as many requests as may be are in flight")
    func healthUnderLoad() async throws {
        let harness = Harness { $0.maximumInFlight = 0 }
        try await withServer(harness.responder) { port in
            let next = try await RawConnection(port: port)
            try await next.send("GET /v2.1/servers HTTP/1.1\r\nHost: x\r\n\r\n")
            let reply = try await next.readHead().lowercased()
            #expect(reply.hasPrefix("http/1.1 503") && reply.contains("\r\nretry-after: 1"))
            try await withServer(HealthResponder { true }) { port in
                let health = try await RawConnection(port: port)
                try await health.send("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try await health.readHead().hasPrefix("HTTP/1.1 200"))
            }
        }
    }
}
