package import Hummingbird
import NIOCore

/// The connection that a request came on.
package struct ConnectionContext: InitializableFromSource, Sendable {
    /// nil where there is no connection, as in tests of the wire's shapes.
    let channel: (any Channel)?

    package init(source: ApplicationRequestContextSource) {
        channel = source.channel
    }

    /// The context of a request that came on no connection.
    package init() {
        channel = nil
    }

    /// Runs something on the connection's event loop later, unless it is cancelled before.
    func schedule(after delay: Duration, _ work: @escaping @Sendable (any Channel) -> Void) -> Scheduled<Void>? {
        channel.map { channel in
            channel.eventLoop.scheduleTask(in: TimeAmount(delay)) { work(channel) }
        }
    }

    /// Gives the caller so long to read the answer, and hangs up.
    func close(after delay: Duration) {
        _ = schedule(after: delay) { $0.close(promise: nil) }
    }
}
