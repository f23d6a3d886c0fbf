/// What an operator can choose about the API.
package struct APISettings: Sendable {
    /// Scheme and authority in links, without a slash at the end; nil: as the request
    /// came, `http://` or `https://` and its `Host`.
    package var publicURL: String?
    /// Whether links use the scheme and the host that a proxy says it was asked for; anybody can say so who reaches the
    /// API without one.
    package var trustsForwarded = false
    /// Where callers without a token are sent to.
    package var keystoneURL = "http://127.0.0.1:5000"
    /// Whether a list by a name that no live server has finds the soft-deleted server of exactly that name.
    package var findsDeletedByName = true
    /// Rows of the longest page, 1 ... 1000.
    package var maximumPage = 1000
    /// Requests that are answered at the same time; the next one gets 503.
    package var maximumInFlight = 512
    /// How long a client may wait for a task, at most.
    package var maximumWait = Duration.seconds(30)
    /// How long a request on a server is repeated while nobody knows whether it was accepted.
    package var patience = Duration.seconds(5)

    /// The settings as they are by default.
    package init() {}

    /// Nova's bound on bodies, in bytes.
    static let maximumBody = 114_688
}
