import Compute
import Foundation
import Hummingbird
import Identity
import Testing

@testable import ComputeAPI

@Suite("The API on a socket", .timeLimit(.minutes(1)))
struct HTTPServiceTests {
    func restore(length: Int) -> String {
        "POST /v2.1/servers/\(Sample.id.text)/action HTTP/1.1\r\nHost: x\r\nX-Auth-Token: \(Harness.member)\r\n"
            + "Content-Length: \(length)\r\n\r\n"
    }

    @Test("requests follow each other on one connection")
    func keepAlive() async throws {
        try await withServer(Harness(server: Sample.server()).responder) { port in
            let connection = try await RawConnection(port: port)
            for _ in 0..<3 {
                try await connection.send(restore(length: 17) + #"{"restore": null}"#)
                let reply = try await connection.readHead()
                #expect(reply.hasPrefix("HTTP/1.1 202"))
                #expect(reply.lowercased().contains("location: http://x/v2.1/tasks/\(Sample.taskID.text)"))
            }
        }
    }

    @Test("a request is answered on the event loop of its connection, also after it has waited for something")
    func eventLoop() async throws {
        struct Places: HTTPResponder {
            func respond(to request: Request, context: ConnectionContext) async throws -> Response {
                let before = context.channel?.eventLoop.inEventLoop ?? false
                await Task.yield()
                await Task.detached {}.value
                let isThere = before && context.channel?.eventLoop.inEventLoop ?? false
                return Response(status: isThere ? .ok : .conflict)
            }
        }
        try await withServer(Places()) { port in
            let connection = try await RawConnection(port: port)
            for _ in 0..<3 {
                try await connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try await connection.readHead().hasPrefix("HTTP/1.1 200"))
            }
        }
    }

    @Test("a body that does not come is answered and hung up on")
    func slowBody() async throws {
        let harness = Harness()
        try await withServer(harness.responder, { $0.bodyDeadline = .milliseconds(200) }) { port in
            let connection = try await RawConnection(port: port)
            try await connection.send(restore(length: 17) + #"{"rest"#)
            let reply = try await connection.readToEnd()
            #expect(reply.hasPrefix("HTTP/1.1 408"))
            #expect(reply.contains("The body did not arrive in time."))
        }
        #expect(harness.servers.state.changes.isEmpty)
    }

    @Test("a body that breaks off does nothing")
    func brokenBody() async throws {
        let harness = Harness(server: Sample.server())
        try await withServer(harness.responder) { port in
            let connection = try await RawConnection(port: port)
            try await connection.send(restore(length: 40) + #"{"restore": null}"#)
            await connection.finishSending()
            _ = try await connection.readToEnd()
        }
        #expect(harness.servers.state.changes.isEmpty)
    }

    @Test("a body that is announced too large is refused before it comes")
    func announcedTooLarge() async throws {
        try await withServer(Harness().responder) { port in
            let connection = try await RawConnection(port: port)
            try await connection.send(restore(length: 114_689))
            let reply = try await connection.readHead()
            #expect(reply.hasPrefix("HTTP/1.1 413"))
            #expect(reply.lowercased().contains("connection: close"))
        }
    }

    @Test("a connection on which nothing moves is closed")
    func idle() async throws {
        try await withServer(Harness().responder, { $0.idleTimeout = .milliseconds(200) }) { port in
            let connection = try await RawConnection(port: port)
            #expect(try await connection.readToEnd() == "")
        }
    }

    @Test("what is in flight is bounded")
    func inFlight() {
        let gate = InFlightGate(limit: 2)
        #expect(gate.enter() && gate.enter())
        #expect(!gate.enter() && !gate.enter())
        gate.leave()
        #expect(gate.enter())
        #expect(!gate.enter())
    }

    @Test("beyond the bound the answer is 503 at once")
    func overload() async throws {
        let reply = await Harness { $0.maximumInFlight = 0 }.get("/v2.1/servers", token: nil)
        try reply.expectFault(503, "serviceUnavailable", "Too many requests are being answered.")
        #expect(reply["retry-after"] == "1")
        #expect(reply["x-openstack-request-id"] != nil)
    }

    @Test("health: alive always, ready when it is", arguments: [true, false])
    func health(isReady: Bool) async throws {
        try await withServer(HealthResponder { isReady }) { port in
            for (path, status) in [("/healthz", 200), ("/readyz", isReady ? 200 : 503), ("/", 404)] {
                let connection = try await RawConnection(port: port)
                try await connection.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try await connection.readHead().hasPrefix("HTTP/1.1 \(status)"))
            }
        }
    }
}
