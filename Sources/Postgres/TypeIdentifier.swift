/// PostgreSQL's number for a built-in type. The numbers are fixed for ever (src/include/catalog/pg_type.dat).
struct TypeIdentifier: Sendable, Hashable, CustomStringConvertible {
    let oid: UInt32

    init(_ oid: UInt32) {
        self.oid = oid
    }

    static let boolean = TypeIdentifier(16)
    static let bigint = TypeIdentifier(20)
    static let smallint = TypeIdentifier(21)
    static let integer = TypeIdentifier(23)
    static let text = TypeIdentifier(25)
    static let name = TypeIdentifier(19)
    static let json = TypeIdentifier(114)
    static let real = TypeIdentifier(700)
    static let double = TypeIdentifier(701)
    static let unknown = TypeIdentifier(705)
    static let character = TypeIdentifier(1042)
    static let varchar = TypeIdentifier(1043)
    static let timestamp = TypeIdentifier(1184)
    static let interval = TypeIdentifier(1186)
    static let uuid = TypeIdentifier(2950)
    static let jsonb = TypeIdentifier(3802)

    /// The type of an array of this type, for the types that can be sent as arrays.
    var array: TypeIdentifier {
        switch self {
        case .boolean: TypeIdentifier(1000)
        case .bigint: TypeIdentifier(1016)
        case .integer: TypeIdentifier(1007)
        case .text: TypeIdentifier(1009)
        case .double: TypeIdentifier(1022)
        case .timestamp: TypeIdentifier(1185)
        case .uuid: TypeIdentifier(2951)
        case .jsonb: TypeIdentifier(3807)
        default: preconditionFailure("no array of \(self) is ever sent")
        }
    }

    var description: String {
        switch self {
        case .boolean: "boolean"
        case .bigint: "bigint"
        case .smallint: "smallint"
        case .integer: "integer"
        case .text: "text"
        case .name: "name"
        case .json: "json"
        case .real: "real"
        case .double: "double precision"
        case .unknown: "unknown"
        case .character: "character"
        case .varchar: "character varying"
        case .timestamp: "timestamptz"
        case .interval: "interval"
        case .uuid: "uuid"
        case .jsonb: "jsonb"
        default: "the type with OID \(oid)"
        }
    }
}
