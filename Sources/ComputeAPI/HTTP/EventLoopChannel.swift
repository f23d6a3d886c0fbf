import HummingbirdCore
import Logging
import NIOCore

/// Connections whose requests are answered on the event loop that reads and writes them.
struct EventLoopChannel<Inner: ServerChildChannel>: ServerChildChannel {
    /// Says what a connection is and how it is served.
    let inner: Inner

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Inner.Value> {
        inner.setup(channel: channel, logger: logger)
    }

    func handle(value: Inner.Value, logger: Logger) async {
        await withTaskExecutorPreference(EventLoopExecutor(value.channel.eventLoop)) {
            await inner.handle(value: value, logger: logger)
        }
    }
}
