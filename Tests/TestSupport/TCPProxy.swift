package import Foundation
import Postgres
import Telemetry

/// A way to a PostgreSQL server that leads through here, on a TCP port of this machine, and can be told to be a bad one.
///
/// Each connection has a thread that carries bytes to and fro. Whatever is done to a connection is done by shutting its
/// sockets down, which wakes that thread; it alone closes them, so that no descriptor is ever used by two.
package final class TCPProxy: Sendable {
    /// Which way bytes go.
    package enum Direction: Sendable, Hashable, CaseIterable {
        /// What a client asks.
        case request
        /// What the server says.
        case answer
    }

    /// How often something was done to a connection.
    package struct Counts: Sendable {
        package var opened = 0
        package var dropped = 0
        package var refused = 0
        package var cut = 0
    }

    struct State {
        var connections: [Int: TCPProxyConnection] = [:]
        var nextNumber = 0
        var isRefusing = false
        var delay = Duration.zero
        /// How many of the next pieces are to be cut off, by direction.
        var cuts: [Direction: Int] = [:]
        var counts = Counts()
    }

    /// Where it listens, on 127.0.0.1.
    package let port: UInt16
    private let listener: Int32
    private let state = Guarded(State())

    /// Listens on a free port, and leads from there to a unix socket.
    /// - Throws: ``Failure`` when there is no port.
    package init(to socket: URL) throws {
        (listener, port) = try TCPSockets.listen()
        let (listener, state) = (listener, state)
        Thread {
            while let client = TCPSockets.accept(on: listener) {
                Self.admit(client, to: socket.path, state)
            }
            close(listener)
        }.start()
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        dropAll()
    }

    /// A system call that failed.
    package struct Failure: Error {
        package var call: String
        package var code: Int32
    }

    /// What has been done so far.
    package var counts: Counts { state.withLock { $0.counts } }

    // MARK: Being bad

    /// Ends every connection.
    package func dropAll() {
        state.withLock { state in
            state.connections.values.forEach { $0.end() }
            state.counts.dropped += state.connections.count
        }
    }

    /// Ends the oldest connection after so many others, counted in a ring; none when there is none.
    package func dropOne(_ number: Int) {
        state.withLock { state in
            guard !state.connections.isEmpty else { return }
            let all = state.connections.sorted { $0.key < $1.key }
            all[number % all.count].value.end()
            state.counts.dropped += 1
        }
    }

    /// Ends new connections at once, or leads them on again.
    package func setRefusing(_ refuses: Bool) {
        state.withLock { $0.isRefusing = refuses }
    }

    /// Keeps each piece, in both directions, for so long before it goes on.
    package func setDelay(_ delay: Duration) {
        state.withLock { $0.delay = delay }
    }

    /// Ends the connections of the next `count` pieces that go in one direction: half of the piece goes on. 0 ends that.
    package func cutNext(_ count: Int, _ direction: Direction) {
        state.withLock { $0.cuts[direction] = count }
    }

    /// Is a good way again; connections that were ended stay so.
    package func heal() {
        state.withLock { state in
            state.isRefusing = false
            state.delay = .zero
            state.cuts = [:]
        }
    }

    // MARK: Connections

    private static func admit(_ client: Int32, to path: String, _ state: Guarded<State>) {
        guard !state.withLock({ $0.isRefusing }), let server = TCPSockets.connect(to: path) else {
            state.withLock { $0.counts.refused += 1 }
            close(client)
            return
        }
        let connection = TCPProxyConnection(client: client, server: server)
        let number = state.withLock { state in
            state.nextNumber += 1
            state.counts.opened += 1
            state.connections[state.nextNumber] = connection
            return state.nextNumber
        }
        Thread {
            connection.carry { direction in piece(going: direction, state) }
            // Forgotten before its descriptors are closed, which others may then get.
            state.withLock { $0.connections[number] = nil }
            connection.close()
        }.start()
    }

    /// What is to happen to a piece: how long it is kept, and whether it is cut.
    private static func piece(going direction: Direction, _ state: Guarded<State>) -> TCPProxyConnection.Handling {
        state.withLock { state in
            guard let left = state.cuts[direction], left > 0 else { return .init(delay: state.delay, isCut: false) }
            state.cuts[direction] = left - 1
            state.counts.cut += 1
            return .init(delay: state.delay, isCut: true)
        }
    }
}
