import Foundation
import Hypervisor
import TestSupport
import Testing

@Suite("The journal of the fake hypervisor")
struct FakeJournalTests {
    let hardware = FakeHardware()

    @Test("of 64 restores at once under growing fences exactly one has an effect")
    func manyRestores() async throws {
        let server = try await hardware.makeServer()
        let fake = try hardware.open()
        try await fake.softDelete(server, lease: .held(fence(0))) { _ in }
        let refused = try await withThrowingTaskGroup(of: Bool.self) { group in
            for token in Int64(1)...64 {
                group.addTask { [hardware] in
                    do {
                        try await hardware.open().restore(server, lease: .held(fence(token))) { _ in }
                        return false
                    } catch let error as HypervisorError where error.code == .staleFence {
                        return true
                    }
                }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        let journal = try await fake.journal(of: server)
        let fences = journal.compactMap(\.fence)
        #expect(try await fake.effects(of: server, .restore) == 1)
        #expect(journal.count { $0.operation == .restore } == 64 - refused)
        #expect(fences == fences.sorted())
        #expect(fences.last == fence(64))
    }

    @Test("says who did what under which fence")
    func entries() async throws {
        let (fake, server) = (try hardware.open(), UUID())
        let owner = HypervisorServer.Owner(projectID: "p1", userID: "u1")
        try await fake.define(server, name: "web-1", owner: owner)
        try await fake.softDelete(server, lease: .held(fence(3))) { _ in }
        try await fake.softDelete(server, lease: .held(fence(4))) { _ in }
        let journal = try await fake.journal()
        #expect(journal.map(\.operation) == [.define, .softDelete, .softDelete])
        #expect(journal.map(\.fence) == [nil, fence(3), fence(4)])
        #expect(journal.map(\.effective) == [true, true, false])
        #expect(journal.map(\.powerState) == [.running, .shutdown, .shutdown])
        #expect(journal.allSatisfy { $0.worker == getpid() && $0.server == server && $0.name == "web-1" })
        #expect(try await fake.inventory().map(\.owner) == [owner])
    }

    @Test("part of a line at its end is not seen, and is cut off by the next call")
    func partOfALine() async throws {
        let (fake, server) = (try hardware.open(), try await hardware.makeServer())
        let file = try #require(FileHandle(forWritingAtPath: hardware.journalPath(of: server)))
        try file.seekToEnd()
        try file.write(contentsOf: Data(#"{"operation":"destroy","defined":fal"#.utf8))
        try file.close()
        #expect(try await fake.powerState(of: server) == .running)
        try await fake.softDelete(server, lease: .held(fence(1))) { _ in }
        #expect(try await fake.journal(of: server).map(\.operation) == [.define, .softDelete])
    }

    @Test("of a length far beyond one read still ends in the state")
    func longJournal() async throws {
        let (fake, server) = (try hardware.open(), try await hardware.makeServer())
        for token in Int64(1)...200 { try await fake.restore(server, lease: .held(fence(token))) { _ in } }
        let size = try FileManager.default.attributesOfItem(atPath: hardware.journalPath(of: server))[.size] as? Int
        #expect(try #require(size) > 32_768)
        await #expect(throws: HypervisorError.self) {
            try await fake.restore(server, lease: .held(fence(199))) { _ in }
        }
        #expect(try await fake.powerState(of: server) == .running)
    }

    @Test("a machine defined again keeps the fence that was seen")
    func definedAgain() async throws {
        let (fake, server) = (try hardware.open(), try await hardware.makeServer())
        try await fake.destroy(server, lease: .held(fence(9))) { _ in }
        try await fake.define(server, name: "again")
        let error = await #expect(throws: HypervisorError.self) {
            try await fake.destroy(server, lease: .held(fence(8))) { _ in }
        }
        #expect(error?.code == .staleFence)
        #expect(try await fake.powerState(of: server) == .running)
    }

    @Test("remembers the fence of a call that found no server")
    func fenceOfNothing() async throws {
        let (fake, server) = (try hardware.open(), UUID())
        try await fake.destroy(server, lease: .held(fence(9))) { _ in }
        try await fake.define(server, name: "late")
        let error = await #expect(throws: HypervisorError.self) {
            try await fake.softDelete(server, lease: .held(fence(8))) { _ in }
        }
        #expect(error?.code == .staleFence)
    }

    @Test("whose lock another process keeps makes the call fail as transient, with no effect")
    func lockHeld() async throws {
        let server = try await hardware.makeServer()
        let fake = try hardware.open(lockPatience: .milliseconds(20))
        let descriptor = open(hardware.journalPath(of: server), O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        try #require(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        let error = await #expect(throws: HypervisorError.self) {
            try await fake.softDelete(server, lease: .held(fence(1))) { _ in }
        }
        #expect(error?.code == .transient)
        #expect(error?.reason == .serverBusy)
        #expect(try await fake.powerState(of: server) == .running)
    }

    @Test("a name too long for a line is refused")
    func longName() async throws {
        let fake = try hardware.open()
        await #expect(throws: HypervisorError.self) {
            try await fake.define(UUID(), name: String(repeating: "x", count: 256))
        }
        #expect(try await fake.inventory().isEmpty)
    }

    @Test("a host name that would leave the folder is refused", arguments: ["", ".", "..", "a/b"])
    func hostName(_ host: String) {
        #expect(throws: HypervisorError.self) {
            try FakeHypervisor(directory: hardware.directory, host: host)
        }
    }
}
