import Compute
import Foundation
import HTTPTypes
import Identity
import Testing

@testable import ComputeAPI

@Suite("Rules of an operator, in requests")
struct PolicyTests {
    private func harness(_ rules: [String: String]) throws -> Harness {
        let file = FileManager.default.temporaryDirectory.appending(path: "policy-\(UUID()).json")
        try JSONEncoder().encode(rules).write(to: file)
        defer {
            do {
                try FileManager.default.removeItem(at: file)
            } catch {
                Issue.record(error)
            }
        }
        var state = MemoryServers.State()
        state.servers = [Sample.server()]
        state.tasks = [Sample.task()]
        state.outcomes = [.success(.accepted(task: Sample.taskID))]
        return Harness(state, policy: Policy(try PolicyFile(path: file.path).rules()))
    }

    private let restore = #"{"restore": null}"#
    private let colleague = "colleague:\(Sample.projectID)"

    @Test("a rule may ask whose server it is")
    func user() async throws {
        let harness = try harness([PolicyRule.restore.name: "user_id:%(user_id)s"])
        try await harness.act(restore, token: colleague).expectFault(
            403,
            "forbidden",
            "Policy doesn't allow os_compute_api:os-deferred-delete:restore to be performed."
        )
        #expect(harness.servers.state.changes.isEmpty)
        #expect(await harness.act(restore).status == 202)
    }

    @Test("a dry run asks the rules about the server, as the restore itself would")
    func dryRun() async throws {
        let body = #"{"restore": {"dry_run": true}}"#
        let harness = try harness([PolicyRule.restore.name: "user_id:%(user_id)s"])
        for (token, isAccepted) in [(colleague, false), (Harness.member, true)] {
            let told = try await harness.act(body, token: token).object("dry_run")
            #expect(told["accepted"] as? Bool == isAccepted)
        }
        let closed = try self.harness([PolicyRule.show.name: "user_id:%(user_id)s"])
        #expect(await closed.act(body, token: colleague).status == 403)
        #expect(await closed.act(body).status == 200)
    }

    @Test(
        "a request under a key is answered again when its server is gone",
        arguments: [PolicyRule.forceDelete, .delete, .lock]
    )
    func repeated(rule: PolicyRule) async throws {
        let harness = try harness([rule.name: "user_id:%(user_id)s"])
        let server = "/v2.1/servers/\(Sample.id.text)"
        func ask(_ headers: HTTPFields, token: String = Harness.member) async -> Int {
            switch rule {
            case .delete: await harness.send(.delete, server, token: token, headers: headers).status
            case .lock: await harness.act(#"{"lock": null}"#, token: token, headers: headers).status
            default: await harness.act(#"{"forceDelete": null}"#, token: token, headers: headers).status
            }
        }
        let key: HTTPFields = [.idempotencyKey: "k"]
        let first = await ask(key)
        #expect(first == (rule == .delete ? 204 : 202))
        harness.servers.change { $0.servers[0].vmState = .deleted }
        #expect(await ask(key) == first)
        #expect(await ask([:]) == 404)
        #expect(await ask(key, token: colleague) == 403)
        #expect(await ask(key, token: Harness.stranger) == 404)
    }

    @Test("a rule about tasks may ask whose server it is")
    func task() async throws {
        let harness = try harness([PolicyRule.showTask.name: "user_id:%(user_id)s"])
        let path = "/v2.1/tasks/\(Sample.taskID.text)"
        #expect(await harness.get(path).status == 200)
        #expect(await harness.get(path, token: colleague).status == 403)
    }

    @Test("who sees the raw cause of a task's failure is for the rule about that of events to say")
    func cause() async throws {
        let harness = try harness([PolicyRule.showEventDetails.name: "user_id:%(user_id)s"])
        for (token, sees) in [(Harness.member, true), (colleague, false), ("root:\(Sample.projectID):admin", false)] {
            for path in ["/v2.1/tasks/\(Sample.taskID.text)", "/v2.1/tasks"] {
                let reply = await harness.get(path, token: token)
                #expect(reply.status == 200 && reply.text.contains(Sample.cause) == sees, "\(token) \(path)")
            }
        }
    }

    @Test("a rule for one's own project is not passed by an administrator of another one")
    func administratorElsewhere() async throws {
        let harness = try harness([PolicyRule.restore.name: "project_id:%(project_id)s"])
        let elsewhere = "root:\(Sample.otherProjectID):admin"
        #expect(await harness.act(restore, token: elsewhere).status == 403)
        #expect(await harness.act(restore, token: Harness.administrator).status == 202)
    }

    @Test("no rule opens another project's server", arguments: [PolicyRule.show, .listActions])
    func stranger(rule: PolicyRule) async throws {
        let harness = try harness([rule.name: "@"])
        let server = "/v2.1/servers/\(Sample.id.text)"
        let path = rule == .show ? server : server + "/os-instance-actions"
        try await harness.get(path, token: Harness.stranger)
            .expectFault(404, "itemNotFound", "Instance \(Sample.id.text) could not be found.")
        #expect(await harness.get(path).status == 200)
    }

    @Test(
        "no rule lets a change reach another project's server",
        arguments: [PolicyRule.restore, .forceDelete, .delete]
    )
    func strangersChange(rule: PolicyRule) async throws {
        let harness = try harness([rule.name: "@"])
        switch rule {
        case .restore: _ = await harness.act(restore, token: Harness.stranger)
        case .forceDelete: _ = await harness.act(#"{"forceDelete": null}"#, token: Harness.stranger)
        default: _ = await harness.send(.delete, "/v2.1/servers/\(Sample.id.text)", token: Harness.stranger)
        }
        #expect(harness.servers.state.changes.map(\.caller.scope) == [.project(Sample.otherProjectID)])
    }

    @Test("who is an administrator is for context_is_admin to say")
    func administrator() async throws {
        let harness = try harness(["context_is_admin": "role:manager"])
        let server = "/v2.1/servers/\(Sample.id.text)"
        #expect(await harness.get(server, token: "root:\(Sample.otherProjectID):manager").status == 200)
        let token = "root:\(Sample.otherProjectID):member"
        #expect(await harness.get(server, token: token).status == 404)
    }
}
