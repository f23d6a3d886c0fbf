import Dispatch
import Glibc
import Telemetry

/// The other end of a notify socket, as systemd has it.
package final class NotifyReceiver: Sendable {
    /// A system call that failed.
    package struct Failure: Error {
        package var call: String
        package var code: Int32
    }

    /// The name it is bound to, for `NOTIFY_SOCKET`.
    package let name: String
    private let descriptor: Int32

    /// Binds a socket; a name with a leading `@` is abstract.
    package init(name: String) throws {
        self.name = name
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0, var address = NotifySocket.address(name) else {
            throw Failure(call: "socket", code: errno)
        }
        let bound = withUnsafePointer(to: &address.value) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, address.length) }
        }
        guard bound == 0 else { throw Failure(call: "bind", code: errno) }
        var deadline = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &deadline, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// Waits for the next message; throws when none comes within 30 s.
    package func next() async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { [descriptor] in
                var buffer = [UInt8](repeating: 0, count: 4_096)
                let count = recv(descriptor, &buffer, buffer.count, 0)
                if count < 0 {
                    continuation.resume(throwing: Failure(call: "recv", code: errno))
                } else {
                    continuation.resume(returning: String(decoding: buffer[..<count], as: UTF8.self))
                }
            }
        }
    }

    /// What has come already, oldest first, without waiting.
    package func all() -> [String] {
        var messages: [String] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count >= 0 else { return messages }
            messages.append(String(decoding: buffer[..<count], as: UTF8.self))
        }
    }
}
