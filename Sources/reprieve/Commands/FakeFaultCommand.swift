import ArgumentParser
import Foundation
import Hypervisor

struct FakeFaultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fault",
        abstract: "Make calls on a host slow, fail, hang, or kill their worker.",
        discussion: "The oldest fault that fits a call is the one it meets."
    )

    @OptionGroup var host: FakeCommand.Host
    @Option(help: "Only calls for this server, a UUID.")
    var server: IDArgument?
    @Option(help: "Only these calls: soft_delete, restore or destroy.")
    var operation: FakeHypervisor.Operation?
    @Option(help: "Before the effect, or after it and before the worker hears of it.")
    var step = FakeHypervisor.Fault.Step.before
    @Option(name: .customLong("slow-ms"), help: "The call takes so many milliseconds longer.")
    var slowMilliseconds: Int?
    @Option(help: "The call fails: transient, permanent, unknownOutcome or notFound.")
    var fail: FakeHypervisor.Fault.Failure?
    @Flag(help: "The call never comes back.")
    var hang = false
    @Flag(help: "The worker dies by SIGKILL.")
    var die = false
    @Option(help: "So many calls are hit; all of them unless given.")
    var times: Int?

    func validate() throws {
        guard behaviours.count == 1 else {
            throw ValidationError("Give exactly one of --slow-ms, --fail, --hang and --die.")
        }
        guard operation != .define else { throw ValidationError("No worker's call is a define.") }
        guard slowMilliseconds ?? 0 >= 0, times ?? 1 >= 1 else {
            throw ValidationError("--slow-ms is 0 or more, --times 1 or more.")
        }
    }

    func run() async throws {
        for behaviour in behaviours {
            try await host.hypervisor.inject(
                .init(server: server?.id, operation: operation, step: step, behaviour: behaviour, times: times)
            )
        }
    }

    private var behaviours: [FakeHypervisor.Fault.Behaviour] {
        var behaviours: [FakeHypervisor.Fault.Behaviour] = []
        if let slowMilliseconds { behaviours.append(.slow(milliseconds: slowMilliseconds)) }
        if let fail { behaviours.append(.fail(fail, .hypervisorFault)) }
        if hang { behaviours.append(.hang) }
        if die { behaviours.append(.die) }
        return behaviours
    }
}

extension FakeHypervisor.Operation: ExpressibleByArgument {}
extension FakeHypervisor.Fault.Step: ExpressibleByArgument {}
extension FakeHypervisor.Fault.Failure: ExpressibleByArgument {}
