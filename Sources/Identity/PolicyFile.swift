import Foundation
import Yams

/// The operator's policy file: YAML, and so JSON too, that maps names to rules.
package struct PolicyFile: Sendable {
    /// Where it is, as the operator says it.
    package let path: String

    /// What tells one content of the file from another without reading it.
    package struct Stamp: Sendable, Hashable {
        fileprivate var inode: UInt64
        fileprivate var size: Int64
        fileprivate var seconds: Int
        fileprivate var nanoseconds: Int
    }

    /// Reads nothing yet.
    package init(path: String) {
        self.path = path
    }

    /// How the file is now; nil when it is not there or hidden from us.
    package var stamp: Stamp? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Stamp(
            inode: UInt64(status.st_ino),
            size: Int64(status.st_size),
            seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec
        )
    }

    /// Reads the file and puts its rules over the defaults.
    /// - Parameter refusingNothing: whether a file with nothing in it but comments is refused: it may be one that
    ///   somebody has only begun to write. `{}` says that there are to be no rules.
    /// - Throws: ``PolicyError``; its place is the file, with the line where there is one.
    package func rules(refusingNothing: Bool = false) throws(PolicyError) -> PolicyRules {
        do throws(PolicyError) {
            let text = try content()
            if refusingNothing, try Self.root(text) == nil {
                throw PolicyError(.unreadable, "says nothing; write {} for the defaults alone")
            }
            return try PolicyRules(file: try checks(in: text))
        } catch {
            var error = error
            error.place = error.place ?? path
            throw error
        }
    }

    private func content() throws(PolicyError) -> String {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw PolicyError(.unreadable, "cannot be read", cause: error)
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw PolicyError(.unreadable, "is not UTF-8")
        }
        return text
    }

    func checks(in text: String) throws(PolicyError) -> [String: PolicyCheck] {
        guard let root = try Self.root(text) else { return [:] }
        guard let mapping = root.mapping else {
            throw PolicyError(.unreadable, "must map names to rules")
        }
        var checks: [String: PolicyCheck] = [:]
        for (key, value) in mapping {
            guard let name = key.scalar?.string else { throw PolicyError(.unreadable, "has a name that is no text") }
            do throws(PolicyError) {
                checks[name] = try Self.check(value)
            } catch {
                var error = error
                error.rule = name
                error.place = (key.mark?.line).map { "\(path):\($0)" }
                throw error
            }
        }
        return checks
    }

    /// What the text says; nil where that is nothing, or the null of YAML.
    private static func root(_ text: String) throws(PolicyError) -> Node? {
        do {
            return try Yams.compose(yaml: text).flatMap { $0.null == nil ? $0 : nil }
        } catch let error as YamlError {
            throw PolicyError(.unreadable, error.line, cause: error)
        } catch {
            throw PolicyError(.unreadable, "is not YAML", cause: error)
        }
    }

    private static func check(_ node: Node) throws(PolicyError) -> PolicyCheck {
        guard let list = node.sequence else { return try PolicyParser.parse(try text(node)) }
        var lists: [[String]] = []
        for element in list {
            var checks: [String] = []
            if let inner = element.sequence {
                for check in inner { checks.append(try text(check)) }
            } else {
                let check = try text(element)
                if !check.isEmpty { checks.append(check) }
            }
            lists.append(checks)
        }
        return try PolicyParser.parse(lists)
    }

    /// A rule as text. What YAML takes for something else is refused, and above all a rule of nothing, which oslo.policy
    /// takes for one that always passes: a bare `!` is nothing to YAML.
    private static func text(_ node: Node) throws(PolicyError) -> String {
        guard let scalar = node.scalar, let text = node.any as? String, scalar.style != .plain || !text.isEmpty else {
            throw PolicyError(.malformed, "must be text or a list of lists of texts; put it in quotes")
        }
        return text
    }
}

extension YamlError {
    /// What is wrong and where, in one line and without the text of the file.
    fileprivate var line: String {
        switch self {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            "line \(mark.line), column \(mark.column): \(problem)"
        case .duplicatedKeysInMapping(let names, _): "names stand there twice: \(names.joined(separator: ", "))"
        case .reader(let problem, _, _, _): problem
        default: "is not YAML"
        }
    }
}
