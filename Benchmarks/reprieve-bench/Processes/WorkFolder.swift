import Foundation

/// A folder for what a measurement writes, removed afterwards.
enum WorkFolder {
    static func with<Value>(
        isolation: isolated (any Actor)? = #isolation,
        _ body: (URL) async throws -> Value
    ) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appending(path: "reprieve-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { remove(folder) }
        return try await body(folder)
    }

    private static func remove(_ folder: URL) {
        do {
            try FileManager.default.removeItem(at: folder)
        } catch {
            Output.note("\(folder.path) could not be removed: \(error)")
        }
    }
}
