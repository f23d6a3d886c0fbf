import Compute

/// How actions and their events are written.
struct ActionBodies {
    let request: APIRequest
    /// Whether the caller sees host and traceback of events.
    let showsHost: Bool
    /// Whether the caller sees raw causes.
    let showsCause: Bool

    func members(_ action: ServerAction) -> [JSONMember] {
        var members = [
            JSONMember(name: "action", value: .string(action.action)),
            JSONMember(name: "instance_uuid", value: .string(action.serverID.text)),
            JSONMember(name: "request_id", value: .string(action.requestID)),
            JSONMember(name: "user_id", value: .string(action.userID)),
            JSONMember(name: "project_id", value: .string(action.projectID)),
            JSONMember(name: "start_time", value: WireTime.microseconds(action.startTime)),
            JSONMember(name: "message", value: JSON(action.message)),
        ]
        if request.version >= Microversion(2, 58) {
            members.append(JSONMember(name: "updated_at", value: WireTime.microseconds(action.updatedAt)))
        }
        return members
    }

    /// Whether the caller sees events at all.
    var showsEvents: Bool { showsHost || request.version >= Microversion(2, 51) }

    /// - Parameter projectID: the project of the server: hosts look different to every project.
    func body(_ event: ServerEvent, projectID: String) -> JSON {
        var members = [
            JSONMember(name: "event", value: .string(event.event)),
            JSONMember(name: "start_time", value: WireTime.microseconds(event.startTime)),
            JSONMember(name: "finish_time", value: WireTime.microseconds(event.finishTime)),
            JSONMember(name: "result", value: .string(event.result)),
        ]
        if showsHost { members.append(JSONMember(name: "traceback", value: JSON(event.cause))) }
        if request.version >= Microversion(2, 62) { members += hostMembers(event.host, projectID) }
        if request.version >= Microversion(2, 84) { members.append(JSONMember(name: "details", value: details(event))) }
        return .object(members)
    }

    private func hostMembers(_ host: String?, _ projectID: String) -> [JSONMember] {
        let id = host.map { HostID.make(host: $0, projectID: projectID) } ?? ""
        let members = [JSONMember(name: "hostId", value: .string(id))]
        return showsHost ? [JSONMember(name: "host", value: JSON(host))] + members : members
    }

    private func details(_ event: ServerEvent) -> JSON {
        JSON(showsCause ? event.cause ?? event.reason : event.reason)
    }
}
