import Foundation
import Postgres

/// The servers of a chaos run: always as many, since each one that is destroyed is followed by a new one.
final class ChaosRoster: Sendable {
    struct Target: Sendable, Hashable {
        var id: UUID
        var project: String
        var host: String
        /// Deleted and then seldom restored, so that it is purged.
        var isLeftAlone: Bool

        /// The token of somebody who owns it.
        var owner: String { "ann:\(project)" }
    }

    private struct State {
        var present: [Target] = []
        var past: [Target] = []
        var gone: Set<UUID> = []
    }

    private let state = Guarded(State())

    /// Every server there ever was.
    var all: [Target] { state.withLock { $0.present + $0.past } }

    func any(_ numbers: inout SeededNumbers) -> Target {
        let present = state.withLock { $0.present }
        guard let target = present.randomElement(using: &numbers) else { preconditionFailure("there are no servers") }
        return target
    }

    func add(_ target: Target) {
        state.withLock { $0.present.append(target) }
    }

    /// Notes that a server is no longer there for its owner.
    func gone(_ target: Target) {
        state.withLock { _ = $0.gone.insert(target.id) }
    }

    /// Those that are gone and have no successor yet; they are no longer present.
    func takeGone() -> [Target] {
        state.withLock { state in
            let gone = state.present.filter { state.gone.contains($0.id) }
            state.present.removeAll { state.gone.contains($0.id) }
            state.past += gone
            state.gone = []
            return gone
        }
    }
}
