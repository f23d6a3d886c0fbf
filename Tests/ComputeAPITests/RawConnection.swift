import Foundation

/// A connection to this machine on which a test can send what no decent client sends.
final class RawConnection: Sendable {
    private let descriptor: Int32
    private let queue = DispatchQueue(label: "raw connection")

    struct Failure: Error {
        let call: String
        let number: Int32
    }

    init(port: Int) async throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        let outcome = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard outcome == 0 else { throw Failure(call: "connect", number: errno) }
    }

    deinit {
        close(descriptor)
    }

    func send(_ text: String) async throws {
        let bytes = Array(text.utf8)
        let sent = await onQueue { [descriptor] in write(descriptor, bytes, bytes.count) }
        guard sent == bytes.count else { throw Failure(call: "write", number: errno) }
    }

    func finishSending() async {
        _ = await onQueue { [descriptor] in shutdown(descriptor, Int32(SHUT_WR)) }
    }

    /// Everything up to the end of the headers of one answer; the answer must have no body, or be the last.
    func readHead() async throws -> String {
        try await read { $0.contains("\r\n\r\n") }
    }

    /// Everything until the other side hangs up.
    func readToEnd() async throws -> String {
        try await read { _ in false }
    }

    /// Everything up to the last of so many answers, whose bodies must not hold `HTTP/1.1`; and what came with it.
    func readAnswers(_ count: Int) async throws -> [String] {
        let all = try await read { $0.components(separatedBy: "HTTP/1.1 ").count > count && $0.hasSuffix("}") }
        let answers = all.components(separatedBy: "HTTP/1.1 ").dropFirst().map { $0 }
        guard answers.count >= count else { throw Failure(call: "recv", number: 0) }
        return answers
    }

    private func read(until isEnough: @escaping @Sendable (String) -> Bool) async throws -> String {
        try await onQueue { [descriptor] in
            Result {
                var text = ""
                var buffer = [UInt8](repeating: 0, count: 4096)
                while !isEnough(text) {
                    let count = recv(descriptor, &buffer, buffer.count, 0)
                    guard count >= 0 else { throw Failure(call: "recv", number: errno) }
                    if count == 0 { break }
                    text += String(decoding: buffer[..<count], as: UTF8.self)
                }
                return text
            }
        }.get()
    }

    /// Blocking calls belong on a thread of their own.
    private func onQueue<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: work()) }
        }
    }
}
