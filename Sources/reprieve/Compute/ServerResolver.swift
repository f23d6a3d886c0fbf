import Foundation

/// Finds the server that a person named, by id or by name.
struct ServerResolver {
    /// Where a name is looked for first, and whether a hit there ends the search.
    enum Search {
        /// In the bin, then among the others: what is to be restored.
        case binFirst
        /// Among the others, then in the bin: what is to be deleted.
        case liveFirst
        /// In both, and a name that is in both means two servers.
        case everywhere
    }

    let client: ComputeClient

    /// The one server that `text` names: the server with that id, else the only one with exactly that name.
    /// - Throws: ``CommandError`` `.notFound`; `.misused` when the name is several servers', with their ids.
    func resolve(_ text: String, _ search: Search) async throws(CommandError) -> RemoteServer {
        if UUID(uuidString: text) != nil {
            do throws(CommandError) {
                return try await client.server(text)
            } catch {
                // It may be a name that looks like an id.
                guard error.code == .notFound else { throw error }
            }
        }
        return try Self.only(try await named(text, search), text)
    }

    /// The only candidate.
    static func only(_ candidates: [RemoteServer], _ text: String) throws(CommandError) -> RemoteServer {
        guard let first = candidates.first else {
            throw CommandError(
                .notFound,
                "there is no server \(text)",
                advice: "names are looked for in the token's project only; an administrator may use any server's id"
            )
        }
        guard candidates.count == 1 else {
            let list = candidates.map { "\($0.id) (\($0.status))" }.joined(separator: ", ")
            throw CommandError(
                .misused,
                "\(text) is the name of \(candidates.count) servers: \(list)",
                advice: "use an id"
            )
        }
        return first
    }

    private func named(_ name: String, _ search: Search) async throws(CommandError) -> [RemoteServer] {
        let pattern = "^\(Self.escape(name))$"
        let inBin = ComputeClient.ServerFilter(status: "SOFT_DELETED", namePattern: pattern)
        let live = ComputeClient.ServerFilter(namePattern: pattern)
        let first = try await client.servers(search == .binFirst ? inBin : live).servers
        if search != .everywhere, !first.isEmpty { return first }
        return first + (try await client.servers(search == .binFirst ? live : inBin).servers)
    }

    /// The name as a regular expression of PostgreSQL that matches nothing else.
    static func escape(_ name: String) -> String {
        let special = #"\^$.|?*+()[]{}"#
        return name.map { special.contains($0) ? "\\\($0)" : String($0) }.joined()
    }
}
