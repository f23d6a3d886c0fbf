import Compute

/// A key by which lists of servers can be filtered, as Nova knows it.
struct ServerFilterKey: Sendable {
    enum Meaning: Sendable, Hashable {
        /// The column has just this value.
        case exact(ServerQuery.Column)
        /// The column matches this regular expression.
        case pattern(ServerQuery.Column)
        /// The server is locked, or is not.
        case locked
        /// No server here has what is asked for: an address, a tag.
        case nothing
        /// Every server here is without what must be missing.
        case everything
    }

    let name: String
    let meaning: Meaning
    /// From which minor version on there is such a key; before, nobody looks at it.
    let first: Int
    /// From which on those may use it who may not use all; nil: from none. Where they may not, nobody looks at it.
    let firstForAll: Int?

    private init(_ name: String, _ meaning: Meaning, from first: Int = 1, forAllFrom firstForAll: Int? = nil) {
        self.name = name
        self.meaning = meaning
        self.first = first
        self.firstForAll = firstForAll
    }

    private init(_ column: ServerQuery.Column, from first: Int = 1, forAllFrom firstForAll: Int? = nil) {
        self.init(column.rawValue, .pattern(column), from: first, forAllFrom: firstForAll)
    }

    private init(exact column: ServerQuery.Column, forAllFrom firstForAll: Int? = nil) {
        self.init(column.rawValue, .exact(column), forAllFrom: firstForAll)
    }

    func isIn(_ version: Microversion, withAll mayUseAll: Bool) -> Bool {
        guard Microversion(2, first) <= version else { return false }
        if mayUseAll { return true }
        guard let firstForAll else { return false }
        return Microversion(2, firstForAll) <= version
    }

    static let all = exact + patterns + special

    /// Whether Nova takes a value for a regular expression in this version, whoever asks; the empty one is none.
    func isPattern(in version: Microversion) -> Bool {
        guard Microversion(2, first) <= version else { return false }
        switch meaning {
        case .pattern(let column): return column != .launchIndex
        case .exact(let column): return column == .flavor
        case .nothing, .everything: return true
        case .locked: return false
        }
    }

    private static let exact = [
        ServerFilterKey(exact: .userID, forAllFrom: 83), ServerFilterKey(exact: .projectID),
        ServerFilterKey(exact: .tenantID), ServerFilterKey(exact: .imageRef),
        ServerFilterKey(exact: .image, forAllFrom: 1), ServerFilterKey(exact: .vmState, forAllFrom: 83),
        ServerFilterKey(exact: .taskState, forAllFrom: 83), ServerFilterKey(exact: .host),
        ServerFilterKey(exact: .uuid),
        ServerFilterKey(exact: .flavor, forAllFrom: 1),
    ]

    private static let patterns = [
        ServerFilterKey(.name, forAllFrom: 1), ServerFilterKey(.displayName), ServerFilterKey(.description),
        ServerFilterKey(.displayDescription), ServerFilterKey(.kernelID), ServerFilterKey(.ramdiskID),
        ServerFilterKey(.hostname), ServerFilterKey(.keyName, forAllFrom: 83),
        ServerFilterKey(.powerState, forAllFrom: 83), ServerFilterKey(.node), ServerFilterKey(.launchIndex),
        ServerFilterKey(.reservationID, forAllFrom: 1), ServerFilterKey(.createdAt, forAllFrom: 83),
        ServerFilterKey(.launchedAt, forAllFrom: 83), ServerFilterKey(.terminatedAt, forAllFrom: 83),
        ServerFilterKey(.availabilityZone, forAllFrom: 83), ServerFilterKey(.lockedBy),
        ServerFilterKey(.rootDeviceName), ServerFilterKey(.configDrive, forAllFrom: 83),
        ServerFilterKey(.accessIPv4), ServerFilterKey(.accessIPv6), ServerFilterKey(.autoDiskConfig),
        ServerFilterKey(.progress, forAllFrom: 83),
    ]

    private static let special = [
        ServerFilterKey("locked", .locked, from: 73, forAllFrom: 73),
        ServerFilterKey("ip", .nothing, forAllFrom: 1), ServerFilterKey("ip6", .nothing, forAllFrom: 5),
        ServerFilterKey("tags", .nothing, from: 26, forAllFrom: 26),
        ServerFilterKey("tags-any", .nothing, from: 26, forAllFrom: 26),
        ServerFilterKey("not-tags", .everything, from: 26, forAllFrom: 26),
        ServerFilterKey("not-tags-any", .everything, from: 26, forAllFrom: 26),
    ]
}
