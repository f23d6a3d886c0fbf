import Foundation
import Telemetry

/// Both ends of one connection through a ``TCPProxy``.
struct TCPProxyConnection: Sendable {
    /// What is done to one piece of what is carried.
    struct Handling {
        var delay: Duration
        /// Half of the piece goes on, and then the connection ends.
        var isCut: Bool
    }

    let client: Int32
    let server: Int32

    /// Wakes the thread that carries, which then ends. Must not be called once the descriptors are closed.
    func end() {
        shutdown(client, Int32(SHUT_RDWR))
        shutdown(server, Int32(SHUT_RDWR))
    }

    func close() {
        _ = Foundation.close(client)
        _ = Foundation.close(server)
    }

    /// Carries bytes until either end is closed; blocks.
    /// - Parameter handling: asked for each piece.
    func carry(_ handling: (TCPProxy.Direction) -> Handling) {
        while true {
            var both = [client, server].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&both, 2, -1) >= 0 || errno == EINTR else { return }
            if both[0].revents != 0, !carry(from: client, to: server, { handling(.request) }) { return }
            if both[1].revents != 0, !carry(from: server, to: client, { handling(.answer) }) { return }
        }
    }

    /// Carries one piece. Returns whether the connection goes on.
    private func carry(from source: Int32, to target: Int32, _ handling: () -> Handling) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(source, &buffer, buffer.count, 0)
        guard count > 0 else { return count < 0 && errno == EINTR }
        let handling = handling()
        if handling.delay > .zero { Thread.sleep(forTimeInterval: handling.delay / .seconds(1)) }
        let isWhole = TCPSockets.send(buffer[..<(handling.isCut ? count / 2 : count)], on: target)
        return isWhole && !handling.isCut
    }
}

/// The system calls of ``TCPProxy``. Descriptors are not inherited by children.
enum TCPSockets {
    private static let stream = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)

    /// A socket that listens on a free port of 127.0.0.1.
    static func listen() throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, stream, 0)
        guard descriptor >= 0 else { throw TCPProxy.Failure(call: "socket", code: errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && Foundation.listen(descriptor, 128) == 0
                    && getsockname(descriptor, address, &length) == 0
            }
        }
        guard code else { throw TCPProxy.Failure(call: "listen", code: errno) }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    /// Waits for the next connection; nil when the socket was shut down.
    static func accept(on descriptor: Int32) -> Int32? {
        while true {
            let client = Foundation.accept(descriptor, nil, nil)
            if client >= 0 {
                _ = fcntl(client, F_SETFD, FD_CLOEXEC)
                var yes: Int32 = 1
                setsockopt(client, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
                return client
            }
            guard errno == EINTR || errno == ECONNABORTED else { return nil }
        }
    }

    /// A connection to a unix socket, or nil when nobody listens there.
    static func connect(to path: String) -> Int32? {
        guard let address = NotifySocket.address(path) else { return nil }
        let descriptor = socket(AF_UNIX, stream, 0)
        guard descriptor >= 0 else { return nil }
        let connected = withUnsafePointer(to: address.value) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(descriptor, $0, address.length)
            }
        }
        guard connected == 0 else {
            _ = close(descriptor)
            return nil
        }
        return descriptor
    }

    /// Sends everything; false when the other end is gone.
    static func send(_ bytes: ArraySlice<UInt8>, on descriptor: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if sent < 0, errno == EINTR { continue }
            guard sent > 0 else { return false }
            rest = rest.dropFirst(sent)
        }
        return true
    }
}
