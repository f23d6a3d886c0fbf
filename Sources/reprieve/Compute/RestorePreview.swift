/// What the API says a restore would meet.
struct RestorePreview: Decodable {
    struct Blocker: Decodable {
        var effect: String
        var message: String
    }

    private struct Body: Decodable {
        var dryRun: RestorePreview

        enum CodingKeys: String, CodingKey {
            case dryRun = "dry_run"
        }
    }

    var accepted: Bool
    var disk: String
    var blockers: [Blocker]

    init(_ answer: ComputeAnswer) throws(CommandError) {
        self = try answer.decode(Body.self).dryRun
    }

    /// What is said of it, line by line.
    func lines(of server: String) -> [String] {
        let first = "restore of \(server): would be \(accepted ? "accepted" : "refused")"
        let words = ["refused": "refused", "waits": "would wait", "fails": "would fail"]
        let rest = blockers.map { "  \(words[$0.effect] ?? $0.effect): \($0.message)" }
        return [first] + rest + (disk == "present" ? [] : ["  disk: \(disk)"])
    }

    /// Says it; a restore that would be refused is a failure.
    func tell(of server: String) throws(CommandError) {
        for line in lines(of: server) { Output.line(line.printable) }
        if !accepted { throw CommandError(.failed, "restore of \(server): would be refused") }
    }
}
