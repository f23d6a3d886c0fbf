/// Where a connection stands between requests and answers. It knows no clock and no sockets.
struct ConnectionState {
    /// What the connection waits for now.
    enum Wait: Hashable {
        /// The first byte of a request.
        case request
        /// The rest of a head.
        case head
        /// The rest of a body whose request is being answered.
        case body
        /// Our own work.
        case answer
        /// The rest of a request that was answered before it had come in whole.
        case remainder
        /// The last answer to leave.
        case departure
        /// The caller to hang up.
        case parting
    }

    /// Heads that were passed on and whose answers have not ended.
    private(set) var unanswered = 0
    /// Whether a head has come and the end of its request has not.
    private(set) var isReceiving = false
    /// Whether nothing more is taken from the caller.
    private(set) var isDeaf = false
    /// Whether the answer that is being given is the last one.
    private(set) var isClosing = false
    private var hasPartOfHead = false
    private var hasGivenUpBody = false
    /// Whether the caller said that no request follows.
    private var hasLastRequest = false
    private var hasEnded = false
    private var hasDeparted = false

    var wait: Wait {
        if hasDeparted { return .parting }
        if hasEnded { return .departure }
        switch (unanswered, isReceiving) {
        case (0, true): return .remainder
        case (0, false): return hasPartOfHead ? .head : .request
        case (1, true): return hasGivenUpBody ? .answer : .body
        default: return .answer
        }
    }

    /// Bytes came that were not the end of a head.
    mutating func beginHead() {
        if !isReceiving, !isDeaf { hasPartOfHead = true }
    }

    /// - Parameter isLast: whether no request follows on this connection.
    mutating func headCame(isLast: Bool) {
        unanswered += 1
        isReceiving = true
        hasPartOfHead = false
        hasLastRequest = isLast
    }

    mutating func requestEnded() {
        isReceiving = false
        if hasLastRequest { isDeaf = true }
    }

    /// The rest of a body will not be taken.
    mutating func giveUpBody() {
        hasGivenUpBody = true
    }

    /// Nothing more is taken from the caller: what it sent cannot be served.
    mutating func stopListening() {
        isDeaf = true
        hasPartOfHead = false
    }

    /// - Parameter isLast: whether the answer says so itself.
    mutating func answerBegan(isLast: Bool) {
        isClosing = isLast || hasLastRequest && unanswered == 1
    }

    mutating func answerEnded() {
        unanswered = max(0, unanswered - 1)
        guard isClosing else { return }
        isDeaf = true
        hasEnded = true
    }

    /// The last answer was handed to the network.
    mutating func departed() {
        hasDeparted = true
    }
}
