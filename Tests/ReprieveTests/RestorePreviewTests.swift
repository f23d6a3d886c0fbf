import Foundation
import Testing

@testable import reprieve

@Suite("What a dry run of a restore is told as")
struct RestorePreviewTests {
    private func preview(accepted: Bool, disk: String, blockers: String) throws -> RestorePreview {
        let body = """
            {"dry_run": {"action": "restore", "server_id": "x", "host": "compute-01", "accepted": \(accepted),
                "disk": "\(disk)", "blockers": [\(blockers)]}}
            """
        return try RestorePreview(ComputeAnswer(status: 200, body: Data(body.utf8)))
    }

    @Test("nothing in the way is one line")
    func free() throws {
        let preview = try preview(accepted: true, disk: "present", blockers: "")
        #expect(preview.lines(of: "web-1") == ["restore of web-1: would be accepted"])
        try preview.tell(of: "web-1")
    }

    @Test("everything in the way has a line, and what would be refused is a failure")
    func blocked() throws {
        let preview = try preview(
            accepted: false,
            disk: "unknown",
            blockers: """
                {"code": "locked", "effect": "refused", "message": "Locked."},
                {"code": "host_away", "effect": "waits", "message": "Away."},
                {"code": "disk_missing", "effect": "fails", "message": "Gone."}
                """
        )
        #expect(
            preview.lines(of: "web-1") == [
                "restore of web-1: would be refused", "  refused: Locked.", "  would wait: Away.",
                "  would fail: Gone.",
                "  disk: unknown",
            ]
        )
        let error = #expect(throws: CommandError.self) { try preview.tell(of: "web-1") }
        #expect(error?.code == .failed)
    }
}
