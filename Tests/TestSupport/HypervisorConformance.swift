package import Foundation
package import Hypervisor
import Testing

/// Where a driver is put to the test: the hardware below it, reached without the driver.
package protocol HypervisorConformanceEnvironment: Sendable {
    /// Makes a driver as a worker process would; each call makes another one for the same hardware.
    func makeDriver() async throws -> any HypervisorDriver

    /// Makes a server that runs, with a disk of its own, and returns its identity.
    func makeServer() async throws -> UUID

    /// Reads a server's power state past the driver; nil when the host has no such server.
    func realPowerState(of server: UUID) async throws -> PowerState?
}

/// One thing that every driver must do, as ``HypervisorDriver`` describes it.
///
/// A suite runs them all with
/// `@Test(arguments: HypervisorConformance.all) func conforms(_ check: HypervisorConformance)`.
package struct HypervisorConformance: Sendable, CustomTestStringConvertible {
    /// The fact that is checked.
    package let fact: String

    private let check: @Sendable (HypervisorBench) async throws -> Void

    init(_ fact: String, _ check: @escaping @Sendable (HypervisorBench) async throws -> Void) {
        self.fact = fact
        self.check = check
    }

    /// Checks the fact on hardware of the environment; what does not hold is recorded as an issue of the running test.
    package func run(in environment: any HypervisorConformanceEnvironment) async throws {
        try await check(HypervisorBench(environment: environment))
    }

    /// The fact, as the test's argument.
    package var testDescription: String { fact }

    /// Every check, for a driver of any kind.
    package static var all: [HypervisorConformance] { effects + fences + answers }
}

/// Operations of a driver as values, so that one check can go through all of them.
enum HypervisorOperation: CaseIterable {
    case softDelete, restore, destroy
}

/// A driver on its hardware, with the words that the checks are written in.
struct HypervisorBench: Sendable {
    let environment: any HypervisorConformanceEnvironment

    func makeServer(_ powerState: PowerState = .running) async throws -> UUID {
        let server = try await environment.makeServer()
        if powerState == .shutdown { try await perform(.softDelete, server, Fence(timeline: 0, token: 0)) }
        return server
    }

    /// Runs one operation on a driver made for the purpose, so that nothing is remembered in the driver itself.
    func perform(_ operation: HypervisorOperation, _ server: UUID, _ fence: Fence) async throws {
        try await perform(operation, server, .held(fence))
    }

    func perform(_ operation: HypervisorOperation, _ server: UUID, _ lease: HypervisorLease) async throws {
        let driver = try await environment.makeDriver()
        switch operation {
        case .softDelete: try await driver.softDelete(server, lease: lease, progress: { _ in })
        case .restore: try await driver.restore(server, lease: lease, progress: { _ in })
        case .destroy: try await driver.destroy(server, lease: lease, progress: { _ in })
        }
    }

    func expectPowerState(
        _ expected: PowerState?,
        _ server: UUID,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let real = try await environment.realPowerState(of: server)
        #expect(real == expected, sourceLocation: sourceLocation)
        guard let expected else { return }
        let told = try await environment.makeDriver().powerState(of: server)
        #expect(told == expected, "what the driver tells", sourceLocation: sourceLocation)
    }

    func expectError(
        _ code: HypervisorError.Code,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ body: () async throws -> Void
    ) async {
        let error = await #expect(throws: HypervisorError.self, sourceLocation: sourceLocation) { try await body() }
        #expect(error?.code == code, sourceLocation: sourceLocation)
    }
}

extension HypervisorLease {
    /// A lease that does not run out.
    package static func held(_ fence: Fence) -> HypervisorLease {
        HypervisorLease(fence: fence) { true }
    }
}
