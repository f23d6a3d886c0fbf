package import Foundation

extension FakeHypervisor {
    /// A failure that the fake is told to have.
    package struct Fault: Sendable, Hashable, Codable {
        /// Where in a call a fault is met.
        package enum Step: String, Sendable, Hashable, Codable {
            /// Before the fence is looked at: nothing has been changed.
            case before
            /// After the effect, before the caller hears of it.
            case after
        }

        /// Code of the error that is thrown.
        package enum Failure: String, Sendable, Hashable, Codable {
            /// ``HypervisorError/Code/transient``
            case transient
            /// ``HypervisorError/Code/permanent``
            case permanent
            /// ``HypervisorError/Code/unknownOutcome``
            case unknownOutcome
            /// ``HypervisorError/Code/notFound``
            case notFound
        }

        /// What happens.
        package enum Behaviour: Sendable, Hashable, Codable {
            /// The call takes this much longer, 0 or more; it can be cancelled meanwhile.
            case slow(milliseconds: Int)
            /// The call takes this much longer, 0 or more, and cannot be cancelled from then on until it has acted: as a
            /// call into a hypervisor's library, it goes on whether anybody still wants it or not.
            case stuck(milliseconds: Int)
            /// The call throws.
            case fail(Failure, HypervisorFailureReason)
            /// The call does not come back until it is cancelled.
            case hang
            /// The process kills itself with SIGKILL.
            case die
        }

        /// The server whose calls are hit, or nil for every server of the host.
        package var server: UUID?
        /// The operation that is hit, or nil for each; never `.define`, which is no call of the driver.
        package var operation: Operation?
        /// Where in the call.
        package var step: Step
        /// What happens.
        package var behaviour: Behaviour
        /// How many calls are hit, 1 or more, counted over all processes; nil for ever.
        package var times: Int?

        /// Makes a fault; by default it hits every call of the host for ever.
        package init(
            server: UUID? = nil,
            operation: Operation? = nil,
            step: Step,
            behaviour: Behaviour,
            times: Int? = nil
        ) {
            self.server = server
            self.operation = operation
            self.step = step
            self.behaviour = behaviour
            self.times = times
        }

        func matches(_ step: Step, _ call: FakeCall) -> Bool {
            self.step == step
                && (server ?? call.server) == call.server
                && (operation ?? call.operation) == call.operation
        }
    }
}
