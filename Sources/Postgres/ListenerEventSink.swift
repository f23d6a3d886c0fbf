/// Where a listener's events go: to somebody with bounded room, and the memory that something did not fit.
struct ListenerEventSink {
    private let deliver: (Listener.Event) -> Bool

    /// Whether the consumer was not told of something, and does not know that yet.
    private(set) var hasDroppedEvents = false

    /// - Parameter deliver: takes an event; false when there was no room.
    init(_ deliver: @escaping (Listener.Event) -> Bool) {
        self.deliver = deliver
    }

    mutating func send(_ event: Listener.Event) {
        if !deliver(event) { hasDroppedEvents = true }
    }

    /// Tells the consumer, if it has room again, that it has missed something.
    mutating func sendMissedEvents() {
        hasDroppedEvents = false
        send(.listening)
    }
}
