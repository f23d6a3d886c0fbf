/// What one connection may take, and how many there may be.
package struct ConnectionLimits: Sendable {
    /// Connections that are served at the same time; some more are told so, the rest are hung up on.
    package var maximumConnections = 16_384
    /// How long the head of a request may take, from its first byte.
    package var headerDeadline = Duration.seconds(10)
    /// How long a body may take to arrive.
    package var bodyDeadline = Duration.seconds(30)
    /// How long a connection may stay open without a request.
    package var idleTimeout = Duration.seconds(60)
    /// How long a caller who does not read may keep an answer waiting.
    package var writeDeadline = Duration.seconds(30)

    /// The limits as they are by default.
    package init() {}

    /// Bytes of a request's target.
    static let maximumTarget = 8 * 1024
    /// Bytes of a request's header fields, each counted with its separators. Keystone's larger tokens have some KiB.
    static let maximumHeaders = 16 * 1024
    /// What the parser keeps of a head. More than the bounds above, so that most of what is too long is known in whole
    /// when it is refused.
    static let parsedHead = 64 * 1024
    static let maximumFields = 200
    /// What a caller must read within the write deadline to count as one who reads, in bytes.
    static let leastProgress = 32 * 1024
    /// How long the caller may go on sending after an answer that ends the connection. Hung up on at once, it might
    /// lose the answer.
    static let parting = Duration.seconds(5)
}
