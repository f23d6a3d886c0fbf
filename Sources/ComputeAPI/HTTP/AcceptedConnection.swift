import HummingbirdCore
import NIOCore
import NIOHTTPTypes
import Synchronization

/// A connection between its acceptance and whoever serves it.
///
/// One that is accepted while the server closes is dropped by NIO, which holds every such channel to be ended first and
/// stops the process otherwise.
final class AcceptedConnection: ServerChildChannelValue {
    private let connection: NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>
    private let isTaken = Atomic(false)

    init(_ connection: NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>) {
        self.connection = connection
    }

    var channel: any Channel { connection.channel }

    /// Hands the connection to whoever serves it, and so ends it.
    func take() -> NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart> {
        isTaken.store(true, ordering: .relaxed)
        return connection
    }

    deinit {
        guard !isTaken.load(ordering: .relaxed) else { return }
        Task { [connection] in
            // It is closed already; there is nobody to tell.
            try? await connection.executeThenClose { _, _ in }
        }
    }
}
