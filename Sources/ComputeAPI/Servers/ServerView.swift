import Compute
import Identity

/// A server as one request sees it: who asks in which version, and what was looked up for it.
struct ServerView: Sendable {
    /// When the caller sees how the host is.
    enum HostStatusSeen: Sendable, Hashable {
        case always
        /// When nothing is known of it.
        case ifUnknown
        case never
    }

    let server: Server
    let version: Microversion
    let links: Links
    /// Whether the caller sees where the server lives.
    let showsHost: Bool
    let hostStatusSeen: HostStatusSeen
    /// Whether the caller sees the raw cause of a failure.
    let showsCause: Bool
    /// How the host is, in Nova's words; nil when the caller does not see it.
    private(set) var hostStatus: String?
    /// The newest failure, where bodies tell it.
    var fault: ServerFault?

    /// - Parameter allows: whether a rule lets the caller, for this server.
    init(_ server: Server, _ request: APIRequest, _ allows: (PolicyRule) -> Bool) {
        self.server = server
        version = request.version
        links = request.links
        showsHost = allows(.showHost)
        showsCause = Self.showsFault(server) && allows(.showEventDetails)
        if version < Microversion(2, 16) {
            hostStatusSeen = .never
        } else {
            hostStatusSeen =
                allows(.showHostStatus) ? .always : allows(.showUnknownHostStatus) ? .ifUnknown : .never
        }
    }

    /// - Parameter statuses: by host; one that is missing is a host of which nothing is left, empty as in Nova.
    mutating func findHostStatus(in statuses: [String: String]) {
        let status = statuses[server.host] ?? ""
        switch hostStatusSeen {
        case .always: hostStatus = status
        case .ifUnknown: hostStatus = status == ComputeService.unknown ? status : nil
        case .never: hostStatus = nil
        }
    }

    /// Whether the body tells the last failure, if there was one.
    var showsFault: Bool { Self.showsFault(server) }

    private static func showsFault(_ server: Server) -> Bool {
        server.vmState == .error || server.vmState == .deleted
    }

    var faultBody: JSON? {
        guard let fault else { return nil }
        var members = [
            JSONMember(name: "code", value: 500),
            JSONMember(name: "created", value: WireTime.seconds(fault.failedAt)),
            JSONMember(name: "message", value: .string(fault.reason ?? "Error")),
        ]
        if showsCause, let cause = fault.cause { members.append(JSONMember(name: "details", value: .string(cause))) }
        return .object(members)
    }
}

extension ComputeService {
    static let unknown = "UNKNOWN"

    /// Nova's word for it; what an operator says counts before what the workers show.
    var hostStatus: String {
        if isForcedDown { return "DOWN" }
        if disabledAt != nil { return "MAINTENANCE" }
        return isAlive ? "UP" : Self.unknown
    }
}
