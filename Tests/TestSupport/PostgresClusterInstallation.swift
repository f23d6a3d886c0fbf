import Foundation

/// Where PostgreSQL's programs are, and as whom they run.
struct PostgresClusterInstallation {
    private let binaries: URL

    /// Looks in `PATH`, then for the newest version where Debian keeps them.
    static func find() throws -> PostgresClusterInstallation {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let inPath = path.split(separator: ":").map { URL(filePath: String($0)) }
        let debian = URL(filePath: "/usr/lib/postgresql")
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: debian.path)) ?? []
        let inDebian = versions.compactMap(Int.init).sorted(by: >).map { debian.appending(path: "\($0)/bin") }
        let found = (inPath + inDebian).first { folder in
            ["initdb", "postgres"].allSatisfy {
                FileManager.default.isExecutableFile(atPath: folder.appending(path: $0).path)
            }
        }
        guard let found else {
            throw Subprocess.Failure(description: "no PostgreSQL server (initdb, postgres) is installed")
        }
        return PostgresClusterInstallation(binaries: found)
    }

    /// The command line of a program of PostgreSQL.
    func command(_ program: String, _ arguments: [String]) -> [String] {
        commandAsServerUser(binaries.appending(path: program).path, arguments)
    }

    /// The command line of a server that refuses to run as root: root runs it as the user `postgres`.
    func commandAsServerUser(_ path: String, _ arguments: [String]) -> [String] {
        let direct = [path] + arguments
        guard getuid() == 0 else { return direct }
        return ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] + direct
    }

    /// A new folder that the server's user owns. Its path is short, since that of a socket has at most 107 bytes.
    func makeFolder() throws -> URL {
        let template = FileManager.default.temporaryDirectory.appending(path: "reprieve-pg-XXXXXX").path
        var name = Array(template.utf8CString)
        guard mkdtemp(&name) != nil else {
            throw Subprocess.Failure(description: "no folder at \(template): \(String(cString: strerror(errno)))")
        }
        let folder = URL(filePath: String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
        guard getuid() == 0 else { return folder }
        guard let user = getpwnam("postgres"), chown(folder.path, user.pointee.pw_uid, user.pointee.pw_gid) == 0 else {
            throw Subprocess.Failure(description: "tests run as root need a user called postgres")
        }
        return folder
    }
}
