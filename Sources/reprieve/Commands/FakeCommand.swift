import ArgumentParser
import Foundation
import Hypervisor

struct FakeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fake",
        abstract: "The make-believe hypervisor, for demonstrations and tests.",
        discussion: "Its machines are files in a folder that every worker with worker.driver=fake is pointed at.",
        subcommands: [
            Define.self, FakeFaultCommand.self, ClearFaults.self, FakeJournalCommand.self, Down.self, Up.self,
        ]
    )

    /// Which make-believe host.
    struct Host: ParsableArguments {
        @Option(help: "The folder of the make-believe hardware (fake.directory of the workers).")
        var directory: String
        @Option(help: "The host.")
        var host: String

        var hypervisor: FakeHypervisor {
            get throws { try FakeHypervisor(directory: directory, host: host) }
        }
    }

    struct Define: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a machine, or set one as it should be.")

        @OptionGroup var host: Host
        @Option(help: "Its id, a UUID.")
        var id: IDArgument
        @Option(help: "Its name.")
        var name: String
        @Flag(help: "Powered off.")
        var stopped = false

        func run() async throws {
            try await host.hypervisor.define(id.id, name: name, powerState: stopped ? .shutdown : .running)
        }
    }

    struct ClearFaults: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take all faults back.")

        @OptionGroup var host: Host

        func run() async throws { try await host.hypervisor.clearFaults() }
    }

    struct Down: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take the host off the network.")

        @OptionGroup var host: Host

        func run() async throws { try await host.hypervisor.setHostDown(true) }
    }

    struct Up: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Bring the host back.")

        @OptionGroup var host: Host

        func run() async throws { try await host.hypervisor.setHostDown(false) }
    }
}
