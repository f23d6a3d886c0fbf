import Compute
import Foundation
import HTTPTypes
import Identity
import TaskQueue

/// What a restore would meet, without one: `{"restore": {"dry_run": true}}`.
extension ComputeAPI {
    /// How long the host has to say whether the server is there.
    private static let probeLimit = Duration.seconds(2)

    /// Whether an action's value asks for a dry run. Every other value is a client's own, and means a restore.
    static func asksForDryRun(_ value: Any) -> Bool {
        guard let members = value as? [String: Any], members.count == 1, let flag = members["dry_run"] else {
            return false
        }
        return BodyObject.boolean(flag) == true
    }

    func previewRestore(_ request: APIRequest) async throws -> Answer {
        let id = try request.serverID()
        let persistence = Persistence(patience: settings.patience)
        guard
            let preview = try await persistence.read({ try await servers.previewRestore(of: id, in: request.scope) })
        else { throw APIFault.unknownServer(request.serverText) }
        let target = PolicyTarget(projectID: preview.projectID, userID: preview.userID)
        try check(.show, request, on: target)
        let disk = preview.isHostAlive ? try await probe(id, on: preview.host, request) : nil
        let blockers = refusals(preview, target, request) + Self.obstacles(preview, disk)
        return reply(
            request,
            [
                "dry_run": [
                    "action": "restore", "server_id": .string(id.text), "host": .string(preview.host),
                    "accepted": .bool(!blockers.contains { $0.effect == .refused }),
                    "disk": .string(disk?.rawValue ?? "unknown"), "blockers": .array(blockers.map(\.body)),
                ]
            ]
        )
    }

    /// Why the restore would be refused, in the words of the refusals.
    private func refusals(_ preview: RestorePreview, _ target: PolicyTarget, _ request: APIRequest) -> [Blocker] {
        var blockers: [Blocker] = []
        if !allows(.restore, request, on: target) {
            blockers.append(
                Blocker(code: "policy", effect: .refused, message: APIFault.policy(PolicyRule.restore).message)
            )
        }
        return blockers
            + preview.refusals.map { outcome in
                Blocker(
                    code: outcome.blockerCode,
                    effect: .refused,
                    message: refusal(outcome, of: "restore", request).message
                )
            }
    }

    /// What would hold up a restore that is accepted.
    private static func obstacles(_ preview: RestorePreview, _ disk: ProbeAnswer?) -> [Blocker] {
        var blockers: [Blocker] = []
        if preview.pausedAt != nil {
            let reason = preview.pauseReason.map { ": \($0)" } ?? ""
            blockers.append(
                Blocker(code: "host_paused", effect: .waits, message: "Host \(preview.host) is paused\(reason)")
            )
        }
        if !preview.isHostAlive {
            let seen = preview.lastSeenAt.map { WireTime.secondsText($0) }
            let message = seen.map { "last seen \($0)" } ?? "which no worker has served yet"
            blockers.append(Blocker(code: "host_away", effect: .waits, message: "Host \(preview.host), \(message)"))
        }
        if disk == .missing {
            blockers.append(
                Blocker(code: "disk_missing", effect: .fails, message: "The host no longer has this server.")
            )
        }
        return blockers
    }

    /// Asks the host; nil when it does not answer in time.
    private func probe(_ server: UUID, on host: String, _ request: APIRequest) async throws -> ProbeAnswer? {
        let question = UUID()
        let project = request.credentials.projectID
        guard let waiter = watch?.join(question, of: project, isCurious: false) else { return nil }
        defer { waiter.leave() }
        // Those who wait are bounded by themselves: others are answered meanwhile.
        request.call.wait?.leaveGate()
        let deadline = ContinuousClock.now + Self.probeLimit
        try await servers.ask(question, about: server, on: host)
        while !waiter.isOver, !Task.isCancelled, ContinuousClock.now < deadline {
            await waiter.wait(until: deadline, mark: "")
            if let answer = try await servers.answer(to: question) { return answer }
        }
        return nil
    }
}

/// Something that stands between a caller and a restore.
private struct Blocker {
    enum Effect: String {
        /// The request would be refused.
        case refused
        /// It would be accepted, and its task would wait.
        case waits
        /// It would be accepted, and its task would fail.
        case fails
    }

    let code: String
    let effect: Effect
    let message: String

    var body: JSON {
        ["code": .string(code), "effect": .string(effect.rawValue), "message": .string(message)]
    }
}

extension RequestOutcome {
    /// One word for programs.
    fileprivate var blockerCode: String {
        switch self {
        case .locked: "locked"
        case .wrongVMState: "vm_state"
        case .wrongTaskState: "task_state"
        case .overLimit: "over_limit"
        case .overQuota: "over_quota"
        case .notFound, .accepted, .already: preconditionFailure("\(self) is no refusal of a preview")
        }
    }
}
