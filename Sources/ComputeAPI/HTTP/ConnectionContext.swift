package import Hummingbird
import NIOCore

/// The connection that a request came on.
package struct ConnectionContext: InitializableFromSource, Sendable {
    /// nil where there is no connection, as in tests of the wire's shapes.
    let channel: (any Channel)?

    /// - Parameter source: the connection and its logger.
    package init(source: ApplicationRequestContextSource) {
        channel = source.channel
    }

    /// The context of a request that came on no connection.
    package init() {
        channel = nil
    }
}
