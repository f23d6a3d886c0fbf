import Foundation
import Hypervisor
import TestSupport
import Testing

@Suite("The fake hypervisor as a driver")
struct FakeConformanceTests {
    let hardware = FakeHardware()

    @Test("conforms", arguments: HypervisorConformance.all)
    func conforms(_ check: HypervisorConformance) async throws {
        try await check.run(in: hardware)
    }
}
