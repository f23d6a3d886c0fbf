import Foundation
import Hypervisor
import Synchronization
import Testing

/// What the operations do, and that doing them twice is doing them once.
extension HypervisorConformance {
    static let effects = [
        HypervisorConformance("a soft delete powers off, and a second one changes nothing") { bench in
            let server = try await bench.makeServer()
            for token in Int64(1)...2 {
                try await bench.perform(.softDelete, server, Fence(timeline: 1, token: token))
                try await bench.expectPowerState(.shutdown, server)
            }
        },
        HypervisorConformance("a restore powers on, and a second one changes nothing") { bench in
            let server = try await bench.makeServer(.shutdown)
            for token in Int64(1)...2 {
                try await bench.perform(.restore, server, Fence(timeline: 1, token: token))
                try await bench.expectPowerState(.running, server)
            }
        },
        HypervisorConformance("a destroy removes a running server, and a second one succeeds") { bench in
            let server = try await bench.makeServer()
            for token in Int64(1)...2 {
                try await bench.perform(.destroy, server, Fence(timeline: 1, token: token))
                try await bench.expectPowerState(nil, server)
            }
        },
        HypervisorConformance("a destroy removes a soft-deleted server") { bench in
            let server = try await bench.makeServer(.shutdown)
            try await bench.perform(.destroy, server, Fence(timeline: 1, token: 1))
            try await bench.expectPowerState(nil, server)
        },
        HypervisorConformance("destroying what was never there succeeds") { bench in
            try await bench.perform(.destroy, UUID(), Fence(timeline: 1, token: 1))
        },
    ]
}

/// Who may act.
extension HypervisorConformance {
    static let fences = [
        HypervisorConformance("a lower token is refused and changes nothing, whatever the operation") { bench in
            let (on, off) = (try await bench.makeServer(), try await bench.makeServer(.shutdown))
            try await bench.perform(.restore, on, Fence(timeline: 1, token: 10))
            try await bench.perform(.softDelete, off, Fence(timeline: 1, token: 10))
            for operation in HypervisorOperation.allCases {
                for server in [on, off] {
                    await bench.expectError(.staleFence) {
                        try await bench.perform(operation, server, Fence(timeline: 1, token: 9))
                    }
                }
                try await bench.expectPowerState(.running, on)
                try await bench.expectPowerState(.shutdown, off)
            }
        },
        HypervisorConformance("a lease that has run out is refused, though nobody has overtaken it") { bench in
            let (on, off) = (try await bench.makeServer(), try await bench.makeServer(.shutdown))
            let late = HypervisorLease(fence: Fence(timeline: 9, token: 9)) { false }
            for operation in HypervisorOperation.allCases {
                for server in [on, off] {
                    await bench.expectError(.staleFence) { try await bench.perform(operation, server, late) }
                }
            }
            try await bench.expectPowerState(.running, on)
            try await bench.expectPowerState(.shutdown, off)
        },
        HypervisorConformance("an equal fence is allowed, since it is the same lease again") { bench in
            let server = try await bench.makeServer()
            let fence = Fence(timeline: 1, token: 10)
            try await bench.perform(.softDelete, server, fence)
            try await bench.perform(.restore, server, fence)
            try await bench.expectPowerState(.running, server)
        },
        HypervisorConformance("a later timeline wins over a higher token") { bench in
            let server = try await bench.makeServer()
            try await bench.perform(.softDelete, server, Fence(timeline: 1, token: 1_000))
            try await bench.perform(.restore, server, Fence(timeline: 2, token: 1))
            await bench.expectError(.staleFence) {
                try await bench.perform(.softDelete, server, Fence(timeline: 1, token: 2_000))
            }
            try await bench.expectPowerState(.running, server)
        },
        HypervisorConformance("a call that changes nothing still raises the fence") { bench in
            let server = try await bench.makeServer()
            try await bench.perform(.restore, server, Fence(timeline: 1, token: 10))
            await bench.expectError(.staleFence) {
                try await bench.perform(.softDelete, server, Fence(timeline: 1, token: 9))
            }
            try await bench.expectPowerState(.running, server)
        },
        HypervisorConformance("fences of one server do not touch another") { bench in
            let (first, second) = (try await bench.makeServer(), try await bench.makeServer())
            try await bench.perform(.softDelete, first, Fence(timeline: 9, token: 9))
            try await bench.perform(.softDelete, second, Fence(timeline: 1, token: 1))
            try await bench.expectPowerState(.shutdown, second)
        },
        HypervisorConformance("of a race the highest fence has the last word") { bench in
            let server = try await bench.makeServer(.shutdown)
            for round in Int64(1)...8 {
                async let late: Void = ignoringStaleFence {
                    try await bench.perform(.softDelete, server, Fence(timeline: 1, token: 2 * round))
                }
                async let live: Void = bench.perform(.restore, server, Fence(timeline: 1, token: 2 * round + 1))
                _ = try await (late, live)
                try await bench.expectPowerState(.running, server)
            }
        },
    ]

    private static func ignoringStaleFence(_ body: @Sendable () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as HypervisorError where error.code == .staleFence {
            // The other call of the race was first, which is one of its two outcomes.
        }
    }
}

/// What a driver tells.
extension HypervisorConformance {
    static let answers = [
        HypervisorConformance("a server that is not there is not found") { bench in
            let driver = try await bench.environment.makeDriver()
            await bench.expectError(.notFound) { _ = try await driver.powerState(of: UUID()) }
            for operation in [HypervisorOperation.softDelete, .restore] {
                await bench.expectError(.notFound) {
                    try await bench.perform(operation, UUID(), Fence(timeline: 1, token: 1))
                }
            }
        },
        HypervisorConformance("a destroyed server cannot be restored") { bench in
            let server = try await bench.makeServer()
            try await bench.perform(.destroy, server, Fence(timeline: 1, token: 1))
            await bench.expectError(.notFound) {
                try await bench.perform(.restore, server, Fence(timeline: 1, token: 2))
            }
            try await bench.expectPowerState(nil, server)
        },
        HypervisorConformance("the inventory lists what is there with its power state") { bench in
            let driver = try await bench.environment.makeDriver()
            let (on, off) = (try await bench.makeServer(), try await bench.makeServer(.shutdown))
            let gone = try await bench.makeServer()
            try await bench.perform(.destroy, gone, Fence(timeline: 1, token: 1))
            let inventory = try await driver.inventory()
            #expect(inventory.filter { $0.id == on }.map(\.powerState) == [.running])
            #expect(inventory.filter { $0.id == off }.map(\.powerState) == [.shutdown])
            #expect(!inventory.contains { $0.id == gone })
        },
        HypervisorConformance("progress is told, and never runs backwards") { bench in
            let server = try await bench.makeServer(.shutdown)
            let steps = Mutex<[HypervisorStep]>([])
            try await bench.environment.makeDriver()
                .restore(server, lease: .held(Fence(timeline: 1, token: 1))) { step in
                    steps.withLock { $0.append(step) }
                }
            let percents = steps.withLock { $0.map(\.percent) }
            #expect(!percents.isEmpty)
            #expect(percents == percents.sorted())
        },
    ]
}
