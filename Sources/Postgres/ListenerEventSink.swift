/// Where a listener's events go: a stream of bounded length, and the memory that something did not fit.
struct ListenerEventSink {
    private let continuation: AsyncStream<Listener.Event>.Continuation

    /// Whether the consumer was not told of something, and does not know that yet.
    private(set) var hasDroppedEvents = false

    init(_ continuation: AsyncStream<Listener.Event>.Continuation) {
        self.continuation = continuation
    }

    mutating func send(_ event: Listener.Event) {
        if case .dropped = continuation.yield(event) { hasDroppedEvents = true }
    }

    /// Tells the consumer, if it has room again, that it has missed something.
    mutating func sendMissedEvents() {
        hasDroppedEvents = false
        send(.listening)
    }
}
