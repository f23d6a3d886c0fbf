import Compute
import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("A project's quota", .migratedDatabase)
struct QuotaTests {
    private static let small = QuotaChange(instances: 5, cores: -1, ram: -1, isForced: true)

    @Test("is never exceeded: of 64 restores at once exactly as many are accepted as there is room for")
    func exact() async throws {
        try await Bin.open { bin in
            var servers: [UUID] = []
            for _ in 0..<64 { servers.append(try await bin.softDeleted()) }
            #expect(try await bin.store.setQuota(Self.small, of: "aaaa") == [])
            let outcomes = try await withThrowingTaskGroup { group in
                for id in servers { group.addTask { try await bin.restore(id) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count { if case .accepted = $0 { true } else { false } } == 5)
            let shortage = QuotaShortage(resource: "instances", requested: 1, used: 5, limit: 5)
            #expect(outcomes.count { $0 == .overQuota([shortage]) } == 59)
            #expect(try await bin.store.quota(of: "aaaa").used.instances == 5)
            #expect(try await bin.miscountedUse() == [])
        }
    }

    @Test("counts what lives and what is being restored, at every turn of a server's life")
    func use() async throws {
        try await Bin.open { bin in
            func used() async throws -> Int {
                #expect(try await bin.miscountedUse() == [])
                return try await bin.store.quota(of: "aaaa").used.instances
            }
            let id = try await bin.adopt()
            #expect(try await used() == 1)
            _ = try await bin.delete(id)
            #expect(try await used() == 1)
            guard case .accepted = try await bin.restore(id) else { throw Unexpected("not undone") }
            #expect(try await used() == 1)
            _ = try await bin.delete(id)
            try await bin.work(.succeeded)
            #expect(try await used() == 0)
            _ = try await bin.restore(id)
            #expect(try await used() == 1)
            try await bin.work(.failed, failure: Bin.broken)
            #expect(try await used() == 0)
            _ = try await bin.restore(id)
            let running = try #require(try await bin.claim().first)
            _ = try await bin.forceDelete(id)
            #expect(try await used() == 1)
            try await bin.finish(running, .cancelled)
            #expect(try await used() == 0)
            try await bin.work(.succeeded)
            #expect(try await used() == 0)

            let other = try await bin.adopt()
            _ = try await bin.forceDelete(other)
            #expect(try await used() == 1)
            try await bin.work(.succeeded)
            #expect(try await used() == 0)
        }
    }

    @Test("is of instances, cores and memory, and names all of which there is too little")
    func resources() async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            _ = try await bin.store.setQuota(QuotaChange(instances: 0, cores: 0, ram: 511), of: "aaaa")
            let expected: RequestOutcome = .overQuota([
                QuotaShortage(resource: "cores", requested: 1, used: 0, limit: 0),
                QuotaShortage(resource: "instances", requested: 1, used: 0, limit: 0),
                QuotaShortage(resource: "ram", requested: 512, used: 0, limit: 511),
            ])
            #expect(try await bin.restore(id) == expected)
            #expect(try await bin.restore(id, by: Bin.administrator) == expected)
            let server = try await bin.server(id)
            #expect(server.vmState == .softDelete && server.taskState == nil)
            #expect(try await bin.store.actions(of: id).map(\.action) == ["delete", "create"])
            _ = try await bin.store.setQuota(QuotaChange(instances: 1, cores: 1, ram: 512), of: "aaaa")
            guard case .accepted = try await bin.restore(id) else { throw Unexpected("refused") }
        }
    }

    @Test("in one batch is each project's own, the first to come the first to be let in")
    func batch() async throws {
        try await Bin.open { bin in
            var requests: [BatchRequest] = []
            for project in ["aaaa", "aaaa", "bbbb", "aaaa"] {
                let id = try await bin.adopt(project: project)
                _ = try await bin.delete(id, by: Bin.administrator)
                try await bin.work(.succeeded)
                requests.append(BatchRequest(server: id, caller: Bin.administrator))
            }
            for project in ["aaaa", "bbbb"] {
                _ = try await bin.store.setQuota(QuotaChange(instances: 2), of: project)
            }
            let answers = try await bin.together(.restore, requests)
            #expect(answers.map(\.outcome) == ["accepted", "accepted", "accepted", "over_quota"])
            #expect(try await bin.miscountedUse() == [])
        }
    }

    @Test("is the settings' until somebody says otherwise, and again when that is forgotten")
    func defaults() async throws {
        try await Bin.open { bin in
            _ = try await bin.store.setQuota(QuotaChange(instances: 3, cores: 7, ram: 1024), of: nil)
            let usual = Resources(instances: 3, cores: 7, ram: 1024)
            #expect(try await bin.store.quota(of: "aaaa").limits == usual)
            _ = try await bin.store.setQuota(QuotaChange(cores: 9), of: "aaaa")
            #expect(try await bin.store.quota(of: "aaaa").limits == Resources(instances: 3, cores: 9, ram: 1024))
            #expect(try await bin.store.quota(of: "bbbb").limits == usual)
            try await bin.store.resetQuota(of: "aaaa")
            #expect(try await bin.store.quota(of: "aaaa").limits == usual)
        }
    }

    @Test("is not set below what is used, unless that is meant")
    func belowUse() async throws {
        try await Bin.open { bin in
            for _ in 0..<2 { _ = try await bin.adopt() }
            let change = QuotaChange(instances: 1, cores: 50)
            #expect(
                try await bin.store.setQuota(change, of: "aaaa")
                    == [QuotaConflict(resource: "instances", used: 2, limit: 1)]
            )
            #expect(try await bin.store.quota(of: "aaaa").limits.cores != 50)
            var forced = change
            forced.isForced = true
            #expect(try await bin.store.setQuota(forced, of: "aaaa") == [])
            #expect(try await bin.store.quota(of: "aaaa").limits.instances == 1)
        }
    }
}

extension Bin {
    /// Projects whose use is not what their servers add up to, as phrases.
    func miscountedUse() async throws -> [String] {
        try await value(
            [String].self,
            Statement(
                """
                SELECT coalesce(array_agg(format('%s: %s counted, %s there', p.id, p.instances, v.instances)), '{}') AS value
                FROM compute.projects p
                CROSS JOIN LATERAL (
                    SELECT count(*) AS instances, coalesce(sum(v.cores), 0) AS cores, coalesce(sum(v.ram), 0) AS ram
                    FROM compute.servers v
                    WHERE v.project_id = p.id
                        AND (v.vm_state IN ('active', 'stopped', 'error') OR v.task_state = 'restoring')
                ) v
                WHERE (p.instances, p.cores, p.ram) <> (v.instances, v.cores, v.ram)
                """
            )
        )
    }
}
