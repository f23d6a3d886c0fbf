import Foundation
import TestSupport

/// One of the clients of a chaos run: deletes and restores servers as a person with a script would, and repeats what got
/// no answer after looking at the server.
struct ChaosClient {
    let stage: ChaosStage
    var numbers: SeededNumbers

    /// What a client was told about a server.
    private struct Look {
        var status: String
        var isBusy: Bool
    }

    private enum Reply {
        case settled
        /// Nothing was changed; it may be sent again.
        case notNow
        case unknown
    }

    /// Goes on until it is cancelled.
    mutating func run() async {
        while !Task.isCancelled {
            let target = stage.roster.any(&numbers)
            if numbers.isOne(in: 20) { await list(target) }
            if let look = await look(at: target), let kind = choose(look, target) { await ask(kind, target) }
            // A cancelled pause is the end.
            try? await Task.sleep(for: numbers.milliseconds(10...80))
        }
    }

    private mutating func choose(_ look: Look, _ target: ChaosRoster.Target) -> RunRecord.Kind? {
        if look.isBusy {
            // Whoever asks again, or for something else, must do no harm.
            guard numbers.isOne(in: 6) else { return nil }
            return numbers.isOne(in: 10) ? .forceDelete : [.softDelete, .restore].randomElement(using: &numbers)
        }
        switch look.status {
        case "SOFT_DELETED":
            if numbers.isOne(in: 60) { return .forceDelete }
            return !target.isLeftAlone || numbers.isOne(in: 20) ? .restore : nil
        default: return numbers.isOne(in: 60) ? .forceDelete : .softDelete
        }
    }

    /// Asks until the answer is clear; sometimes through both APIs at once.
    private mutating func ask(_ kind: RunRecord.Kind, _ target: ChaosRoster.Target) async {
        if numbers.isOne(in: 10) {
            let both = self
            async let rival = both.send(kind, target, through: 0)
            _ = await (both.send(kind, target, through: 1), rival)
            return
        }
        for _ in 1...5 where !Task.isCancelled {
            switch await send(kind, target, through: anyAPI()) {
            case .settled: return
            case .notNow: try? await Task.sleep(for: numbers.milliseconds(50...300))
            case .unknown:
                guard let look = await look(at: target), !isReached(kind, look) else { return }
            }
        }
    }

    private func isReached(_ kind: RunRecord.Kind, _ look: Look) -> Bool {
        switch kind {
        case .restore: look.status != "SOFT_DELETED" || look.isBusy
        default: look.status == "SOFT_DELETED" || look.isBusy
        }
    }

    private mutating func anyAPI() -> Int { numbers.isOne(in: 2) ? 0 : 1 }

    // MARK: Requests

    private func send(_ kind: RunRecord.Kind, _ target: ChaosRoster.Target, through api: Int) async -> Reply {
        let client = stage.api(api).asking(as: target.owner)
        let path = "/v2.1/servers/\(target.id.text)"
        let sentAt = Date()
        var answer: APIClient.Answer?
        // No answer is an answer: that nobody knows.
        switch kind {
        case .softDelete: answer = try? await client.send("DELETE", path)
        case .forceDelete: answer = try? await client.send("POST", path + "/action", #"{"forceDelete": null}"#)
        default: answer = try? await client.send("POST", path + "/action", #"{"restore": null}"#)
        }
        let (told, reply) = read(answer, "\(kind.rawValue) of \(target.id.text)")
        let id = answer?.headers["x-openstack-request-id"] ?? ""
        let request = RunRecord.Request(id: id, server: target.id, kind: kind, answer: told)
        stage.ledger.note(.init(request: request, sentAt: sentAt, answeredAt: Date()))
        return reply
    }

    private func read(_ answer: APIClient.Answer?, _ what: String) -> (RunRecord.Request.Answer, Reply) {
        guard let answer else { return (.unknown, .unknown) }
        switch answer.status {
        case 202, 204:
            let task = answer.headers["location"].flatMap { $0.split(separator: "/").last }
            return (.accepted(task: task.flatMap { UUID(uuidString: String($0)) }), .settled)
        case 404, 409: return (.refused, .settled)
        case 503:
            let isUnknown = String(decoding: answer.body, as: UTF8.self).contains("not known")
            return isUnknown ? (.unknown, .unknown) : (.refused, .notNow)
        default:
            let body = String(decoding: answer.body, as: UTF8.self)
            stage.ledger.problem("\(what) was answered \(answer.status): \(body)")
            return (.unknown, .unknown)
        }
    }

    private mutating func look(at target: ChaosRoster.Target) async -> Look? {
        stage.ledger.countRead()
        let client = stage.api(anyAPI()).asking(as: target.owner)
        guard let answer = try? await client.send("GET", "/v2.1/servers/\(target.id.text)") else { return nil }
        switch answer.status {
        case 200:
            // Half an answer is none.
            guard let status = try? answer.value("server", "status") else { return nil }
            let busy = try? answer.value("server", "OS-EXT-STS:task_state")
            return Look(status: status, isBusy: busy != nil)
        case 404: stage.roster.gone(target)
        case 503: break
        default: stage.ledger.problem("a read was answered \(answer.status)")
        }
        return nil
    }

    private mutating func list(_ target: ChaosRoster.Target) async {
        stage.ledger.countRead()
        let client = stage.api(anyAPI()).asking(as: target.owner)
        let answer = try? await client.send("GET", "/v2.1/servers/detail?deleted=true&limit=50")
        guard let answer, answer.status != 200, answer.status != 503 else { return }
        stage.ledger.problem("a list was answered \(answer.status): \(String(decoding: answer.body, as: UTF8.self))")
    }
}
