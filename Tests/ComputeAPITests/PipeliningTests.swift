import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization
import Testing

@testable import ComputeAPI

@Suite("Requests on one connection", .timeLimit(.minutes(1)))
struct PipeliningTests {
    /// Answers with the path, and takes longer for the earlier ones.
    private final class Echo: HTTPResponder {
        let served = Mutex<[String]>([])

        func respond(to request: Request, context: ConnectionContext) async throws -> Response {
            let path = request.uri.path
            for _ in 0..<(path == "/0" ? 1000 : 1) { await Task.yield() }
            served.withLock { $0.append(path) }
            let status: HTTPResponse.Status = path.hasSuffix("gone") ? .gone : .ok
            let headers: HTTPFields = path.hasSuffix("gone") ? [.connection: "close"] : [:]
            let body = ResponseBody(byteBuffer: ByteBuffer(string: "{\(path)}"))
            return Response(status: status, headers: headers, body: body)
        }
    }

    private func get(_ path: String, _ more: String = "", version: String = "1.1") -> String {
        "GET \(path) HTTP/\(version)\r\nHost: x\r\n\(more)\r\n"
    }

    @Test("requests that are written at once are answered in order")
    func order() async throws {
        try await withServer(Echo()) { port in
            let connection = try await RawConnection(port: port)
            try await connection.send((0..<50).map { get("/\($0)") }.joined())
            let answers = try await connection.readAnswers(50)
            #expect(answers.map { $0.components(separatedBy: "\r\n\r\n")[1] } == (0..<50).map { "{/\($0)}" })
            try await connection.send(get("/again"))
            #expect(try await connection.readAnswers(1)[0].hasSuffix("{/again}"))
        }
    }

    @Test("a mistake behind good requests is answered after them, and is the end")
    func mistakeBehind() async throws {
        let echo = Echo()
        try await withServer(echo) { port in
            let connection = try await RawConnection(port: port)
            try await connection.send(get("/0") + get("/1") + "NONSENSE\r\n\r\n" + get("/2"))
            let reply = try await connection.readToEnd()
            let answers = reply.components(separatedBy: "HTTP/1.1 ").dropFirst().map { String($0.prefix(3)) }
            #expect(answers == ["200", "200", "400"])
        }
        #expect(echo.served.withLock { $0 } == ["/0", "/1"])
    }

    @Test("what follows an answer that ends the connection is not done", arguments: ["answer", "request"])
    func afterTheEnd(who: String) async throws {
        let echo = Echo()
        try await withServer(echo) { port in
            let connection = try await RawConnection(port: port)
            let last = who == "answer" ? get("/gone") : get("/last", "Connection: close\r\n")
            try await connection.send(get("/0") + last + get("/2"))
            let reply = try await connection.readToEnd()
            let answers = reply.components(separatedBy: "HTTP/1.1 ").dropFirst()
            #expect(answers.count == 2)
            #expect(answers.last?.lowercased().contains("\r\nconnection: close") == true)
        }
        #expect(echo.served.withLock { $0 } == ["/0", who == "answer" ? "/gone" : "/last"])
    }

    @Test(
        "a connection ends after the request that says so",
        arguments: [
            ("1.0", "", "close"), ("1.0", "Connection: keep-alive\r\n", "keep-alive"), ("1.1", "", nil),
            ("1.1", "Connection: Close\r\n", "close"), ("1.1", "Connection: Upgrade\r\nUpgrade: h2c\r\n", "close"),
        ] as [(String, String, String?)]
    )
    func ending(version: String, more: String, answer: String?) async throws {
        try await withServer(Echo()) { port in
            let connection = try await RawConnection(port: port)
            try await connection.send(get("/1", more, version: version))
            guard answer == "close" else {
                for path in ["/1", "/2"] {
                    let reply = try await connection.readAnswers(1)[0]
                    #expect(reply.hasSuffix("{\(path)}"))
                    #expect(reply.lowercased().contains("connection: keep-alive") == (answer != nil))
                    if path == "/1" { try await connection.send(get("/2", more, version: version)) }
                }
                return
            }
            let reply = try await connection.readToEnd()
            #expect(reply.hasSuffix("{/1}"))
            #expect(reply.lowercased().contains("\r\nconnection: close"))
        }
    }

    @Test("a caller who waits for it is told to send the body, unless it is too large")
    func expectContinue() async throws {
        let harness = Harness(server: Sample.server())
        let head =
            "POST /v2.1/servers/\(Sample.id.text)/action HTTP/1.1\r\nHost: x\r\nX-Auth-Token: \(Harness.member)\r\n"
            + "Expect: 100-continue\r\nContent-Length: "
        try await withServer(harness.responder) { port in
            let connection = try await RawConnection(port: port)
            // Behind another request, its turn comes later.
            try await connection.send("\(head)17\r\n\r\n")
            #expect(try await connection.readHead() == "HTTP/1.1 100 Continue\r\n\r\n")
            try await connection.send(#"{"restore": null}"#)
            #expect(try await connection.readHead().hasPrefix("HTTP/1.1 202"))
            try await connection.send("\(head)114689\r\n\r\n")
            try expectRefusal(try await connection.readAnswers(1).map { "HTTP/1.1 \($0)" }[0], 413, "overLimit", "Req")
        }
        #expect(harness.servers.state.changes.count == 1)
    }

    @Test("a caller that waits behind its own request is told when its turn comes")
    func expectContinueInTurn() async throws {
        try await withServer(Echo()) { port in
            let connection = try await RawConnection(port: port)
            let post = "POST /1 HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"
            try await connection.send(get("/0") + post)
            let answers = try await connection.readAnswers(3)
            #expect(answers.map { String($0.prefix(3)) } == ["200", "100", "200"])
        }
    }

    @Test("a body whose form is broken does nothing and ends the connection")
    func brokenChunk() async throws {
        let harness = Harness(server: Sample.server())
        try await withServer(harness.responder) { port in
            let connection = try await RawConnection(port: port)
            try await connection.send(
                "POST /v2.1/servers/\(Sample.id.text)/action HTTP/1.1\r\nHost: x\r\nX-Auth-Token: \(Harness.member)\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n11\r\n{\"restore\": null}\r\nnonsense\r\n"
            )
            try expectRefusal(try await connection.readToEnd(), 400, "badRequest", "The body broke off.")
        }
        #expect(harness.servers.state.changes.isEmpty)
    }
}
