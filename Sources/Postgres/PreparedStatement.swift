import CLibPQ
import Logging

/// A statement together with the types of its parameters, which are fixed when it is prepared.
struct PreparedStatement: Hashable {
    let sql: String
    let types: [Oid]

    /// What it is called on the server: after its content, so that nothing else has this name on any session.
    ///
    /// A pooler may run this on a session that other clients have prepared statements on. It must be refused there, or
    /// be the same; under a mere number it could be another statement, which took our parameters.
    /// - Parameter number: how many were prepared before, since one may have to be prepared again.
    func name(number: Int) -> String {
        "r\(String(fingerprint, radix: 16))_\(number)"
    }

    /// FNV-1a over the text and the types; not Swift's `hashValue`, which differs between processes.
    private var fingerprint: UInt64 {
        let bytes =
            Array(sql.utf8) + types.flatMap { type in (0..<4).map { UInt8(truncatingIfNeeded: type >> ($0 * 8)) } }
        return bytes.reduce(0xcbf2_9ce4_8422_2325) { hash, byte in (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
}

/// Whether preparing statements is of use on one way to the server; shared by its connections.
final class Preparation: Sendable {
    private let useful: Guarded<Bool>

    init(isUseful: Bool) {
        useful = Guarded(isUseful)
    }

    var isUseful: Bool { useful.withLock { $0 } }

    /// Something on the way loses prepared statements, so nothing is prepared from now on; said once.
    func giveUp(_ logger: Logger) {
        let isFirst = useful.withLock { useful in
            defer { useful = false }
            return useful
        }
        guard isFirst else { return }
        logger.info("postgres prepared statements are lost on the way, as behind a pooler; none are used from now on")
    }
}
