import Foundation
import Hypervisor
import Testing

@Suite("Words of the hypervisor")
struct ValueTests {
    @Test("fences compare by timeline, then by token")
    func order() {
        let sorted = [
            Fence(timeline: 1, token: -1), Fence(timeline: 1, token: 7), Fence(timeline: 1, token: 8),
            Fence(timeline: 2, token: 1),
        ]
        #expect(sorted.reversed().sorted() == sorted)
        #expect(!(sorted[0] < sorted[0]))
    }

    @Test("a fence reads back from JSON with all its bits")
    func fenceAsJSON() throws {
        let fence = Fence(timeline: .max, token: .max)
        let json = try JSONEncoder().encode(fence)
        #expect(try JSONDecoder().decode(Fence.self, from: json) == fence)
    }

    @Test("power states have Nova's numbers")
    func powerStates() {
        #expect(PowerState.allCases.map(\.rawValue) == [0, 1, 3, 4, 6, 7])
    }

    @Test("what an owner is told is a sentence", arguments: HypervisorFailureReason.allCases)
    func sentences(_ reason: HypervisorFailureReason) {
        #expect(reason.sentence.first?.isUppercase == true)
        #expect(reason.sentence.hasSuffix("."))
    }
}
