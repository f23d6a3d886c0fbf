import Compute
import Foundation
import TestSupport
import Testing

@Suite("Reading servers", .migratedDatabase)
struct ReadTests {
    @Test("shows a project its own and nothing else")
    func tenants() async throws {
        try await Bin.open { bin in
            let id = try await bin.adopt()
            guard case .accepted(let task) = try await bin.delete(id) else { throw Unexpected("refused") }
            for scope in [Bin.owner.scope, .all] {
                #expect(try await bin.store.server(id, in: scope)?.id == id)
                #expect(try await bin.store.servers(ServerQuery(scope: scope)).map(\.id) == [id])
                #expect(try await bin.store.task(task, in: scope)?.id == task)
                #expect(try await bin.store.tasks(in: scope).map(\.id) == [task])
            }
            let strange = Bin.stranger.scope
            #expect(try await bin.store.server(id, in: strange) == nil)
            #expect(try await bin.store.servers(ServerQuery(scope: strange)).isEmpty)
            #expect(try await bin.store.task(task, in: strange) == nil)
            #expect(try await bin.store.tasks(in: strange).isEmpty)
            let error = await #expect(throws: ComputeError.self) {
                try await bin.store.servers(ServerQuery(scope: strange, marker: id))
            }
            #expect(error?.code == .markerNotFound)
        }
    }

    @Test("pages newest first without losing or repeating one")
    func pages() async throws {
        try await Bin.open { bin in
            var made: [UUID] = []
            for number in 0..<7 { made.append(try await bin.adopt(name: "srv-\(number)")) }
            var seen: [UUID] = []
            var marker: UUID?
            repeat {
                let page = try await bin.store.servers(
                    ServerQuery(scope: Bin.owner.scope, marker: marker, limit: 3)
                )
                seen += page.map(\.id)
                marker = page.last?.id
            } while marker != nil
            #expect(seen == made.reversed())
        }
    }

    @Test("filters by state, by regular expression and by the whole name")
    func filters() async throws {
        try await Bin.open { bin in
            let web = try await bin.adopt(name: "web-1")
            let mail = try await bin.softDeleted(name: "mail.1")
            let scope = Bin.owner.scope
            #expect(try await bin.store.servers(ServerQuery(scope: scope)).map(\.id) == [web])
            #expect(try await bin.store.servers(ServerQuery(scope: scope, states: [.softDelete])).map(\.id) == [mail])
            let all = VMState.allCases
            let matching = ServerQuery(scope: scope, states: all, conditions: [.matches(.name, "^ma")])
            #expect(try await bin.store.servers(matching).map(\.id) == [mail])
            let whole = ServerQuery(scope: scope, states: all, conditions: [.equals(.name, "mail")])
            #expect(try await bin.store.servers(whole).isEmpty)
            let error = await #expect(throws: ComputeError.self) {
                try await bin.store.servers(
                    ServerQuery(scope: scope, conditions: [.matches(.host, "a"), .matches(.keyName, "(")])
                )
            }
            #expect(error?.message == "key_name")
            #expect(error?.code == .invalidPattern)
        }
    }

    @Test("tells of a task whose its server is, be it read alone, with others or in a list")
    func taskOwner() async throws {
        try await Bin.open { bin in
            guard case .accepted(let task) = try await bin.delete(bin.adopt(), by: Bin.administrator) else {
                throw Unexpected("refused")
            }
            let users = try await withThrowingTaskGroup(of: String?.self) { group in
                // Those that come while the first is read become one statement.
                for _ in 0..<20 {
                    group.addTask { try await bin.store.task(task, in: .all)?.userID }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(users) == ["ann"])
            #expect(try await bin.store.tasks(in: .all).map(\.userID) == ["ann"])
        }
    }

    @Test("turns the pages of tasks, each once, and knows no marker of another project")
    func taskPages() async throws {
        try await Bin.open { bin in
            var asked: [UUID] = []
            for number in 0..<5 {
                guard case .accepted(let task) = try await bin.delete(bin.adopt(name: "srv-\(number)")) else {
                    continue
                }
                asked.append(task)
            }
            var seen: [UUID] = []
            for count in [2, 2, 1, 0] {
                let page = try await bin.store.tasks(in: Bin.owner.scope, marker: seen.last, limit: 2).map(\.id)
                #expect(page.count == count)
                seen += page
            }
            #expect(seen == asked.reversed())
            let error = await #expect(throws: ComputeError.self) {
                try await bin.store.tasks(in: Bin.stranger.scope, marker: seen[0])
            }
            #expect(error?.code == .markerNotFound)
        }
    }

    @Test("knows the adopted server in every detail, to the microsecond")
    func detail() async throws {
        try await Bin.open { bin in
            let flavor = Flavor(
                id: "7",
                originalName: "m1.größe",
                vcpus: 4,
                ram: 8192,
                disk: 40,
                extraSpecs: ["a": "b"]
            )
            let new = NewServer(
                id: UUID(),
                projectID: "aaaa",
                userID: "ann",
                name: "größe 🗑",
                host: "compute-01",
                isRunning: false,
                flavor: flavor,
                imageID: "img",
                metadata: ["k": "v'\"\\"]
            )
            #expect(try await bin.store.adopt(new) == .adopted)
            #expect(try await bin.store.adopt(new) == .already)
            var moved = new
            moved.host = "compute-02"
            #expect(try await bin.store.adopt(moved) == .conflict)

            let server = try await bin.server(new.id)
            #expect(server.name == new.name && server.flavor == flavor && server.metadata == new.metadata)
            #expect(server.vmState == .stopped && server.powerState == 4 && server.imageID == "img")
            #expect(server.createdAt == server.launchedAt)
        }
    }
}
