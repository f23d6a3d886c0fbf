/// What a credential or an attribute of a target may be, as in a document of JSON.
package enum PolicyValue: Sendable, Hashable {
    case none
    case bool(Bool)
    case int(Int)
    case double(Double)
    case text(String)
    case list([PolicyValue])
    case object([String: PolicyValue])

    /// The value as Python writes it, since operators' files compare with that; nil for lists and objects.
    var pythonText: String? {
        switch self {
        case .none: "None"
        case .bool(let value): value ? "True" : "False"
        case .int(let value): String(value)
        case .double(let value): value.description
        case .text(let value): value
        case .list, .object: nil
        }
    }
}

/// Whom a rule is asked about: what may stand before the colon of a check.
protocol PolicyAttributes {
    /// The attribute of that name; nil when there is none, which is not the same as one that is `.none`.
    func attribute(_ name: String) -> PolicyValue?
    /// Whether a role is held, in any case of letters.
    /// - Parameter role: its name in lower case.
    func holds(role: String) -> Bool
}

/// What is acted on: what `%(name)s` in a rule stands for.
package struct PolicyTarget: Sendable, Hashable {
    /// The project whose it is; nil where that is not known or not so.
    package var projectID: String?
    /// The user whose it is; nil where that is not known or not so.
    package var userID: String?
    /// Whatever else rules may ask for.
    package var others: [String: PolicyValue]

    /// - Parameter others: by the names that rules use; `project_id` and `user_id` only where the first two are nil.
    package init(projectID: String? = nil, userID: String? = nil, others: [String: PolicyValue] = [:]) {
        self.projectID = projectID
        self.userID = userID
        self.others = others
    }

    /// The attribute of that name, if there is one.
    subscript(name: String) -> PolicyValue? {
        switch name {
        case "project_id": projectID.map(PolicyValue.text) ?? others[name]
        case "user_id": userID.map(PolicyValue.text) ?? others[name]
        default: others[name]
        }
    }
}
