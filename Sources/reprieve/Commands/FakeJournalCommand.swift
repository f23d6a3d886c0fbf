import ArgumentParser
import Foundation
import Hypervisor

struct FakeJournalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal",
        abstract: "Show what was done on a host, and under which fence."
    )

    @OptionGroup var host: FakeCommand.Host
    @Option(help: "Only this server, a UUID.")
    var server: IDArgument?
    @OptionGroup var json: JSONOption

    func run() async throws {
        let hypervisor = try host.hypervisor
        let entries =
            if let server { try await hypervisor.journal(of: server.id) } else { try await hypervisor.journal() }
        Output.line(try Report.journal.list(entries, asJSON: json.isOn))
    }
}

extension Report<FakeHypervisor.JournalEntry> {
    static let journal = Report([
        Field("at") { .of($0.at) },
        Field("server_id") { .of($0.server.lowercase) },
        Field("operation") { .of($0.operation.rawValue) },
        Field("effective") { .of($0.effective) },
        Field("fence") { .of($0.fence?.description) },
        Field("power_state") { .of($0.powerState.rawValue) },
        Field("defined") { .of($0.defined) },
        Field("worker_process") { .of(Int($0.worker)) },
        Field("name", isColumn: false) { .of($0.name) },
    ])
}
