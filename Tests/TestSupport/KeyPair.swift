package import Foundation

/// A self-signed certificate for this machine and its key, in a folder of its own.
package struct KeyPair {
    /// Where both files are.
    package let folder: URL
    /// The path of the certificate, in PEM.
    package var certificate: String { folder.appending(path: "server.crt").path }
    /// The path of the key, in PEM.
    package var key: String { folder.appending(path: "server.key").path }

    /// The certificate could not be made.
    package struct Failure: Error {
        let status: Int32
    }

    /// Makes one that holds for two days, with `openssl`.
    package init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "reprieve-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/env")
        openssl.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
            "-keyout", key, "-out", certificate,
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        guard openssl.terminationStatus == 0 else { throw Failure(status: openssl.terminationStatus) }
    }

    /// Removes the folder.
    package func remove() throws {
        try FileManager.default.removeItem(at: folder)
    }

    /// Replaces this certificate, or this key, by another's.
    package func take(_ file: KeyPath<KeyPair, String>, of other: KeyPair) throws {
        try Data(contentsOf: URL(filePath: other[keyPath: file])).write(to: URL(filePath: self[keyPath: file]))
    }
}
