import Crypto
import Foundation
import NIOSSL
import Synchronization

/// What the server shows of itself in TLS: a certificate with its chain, and the key. New connections get the newest
/// one that could be used.
package final class ServerCertificate: Sendable {
    /// The files cannot be used; the description is one line that names the file.
    package struct Failure: Error, CustomStringConvertible {
        /// Which of the two files it is about.
        package enum File: Sendable {
            case certificate, key
        }

        /// Where the mistake is, as far as can be told.
        package let file: File
        /// What is wrong.
        package let description: String
    }

    private struct Loaded {
        let context: NIOSSLContext
        let digest: SHA256Digest
    }

    private let certificatePath: String
    private let keyPath: String
    private let loaded: Mutex<Loaded>

    /// - Parameters:
    ///   - certificatePath: a PEM file: the server's certificate first, then those that vouch for it.
    ///   - keyPath: a PEM file with the private key, not encrypted.
    /// - Throws: ``Failure``.
    package init(certificatePath: String, keyPath: String) throws {
        self.certificatePath = certificatePath
        self.keyPath = keyPath
        let (certificate, key) = (try Self.read(certificatePath, .certificate), try Self.read(keyPath, .key))
        loaded = Mutex(try Self.load(certificate, key, certificatePath, keyPath))
    }

    /// What connections that begin now are made with.
    var context: NIOSSLContext { loaded.withLock { $0.context } }

    /// Reads the files again. What cannot be used changes nothing, so a renewal may replace one file after the other.
    /// - Returns: whether there was something new.
    /// - Throws: ``Failure``.
    package func reload() throws -> Bool {
        let certificate = try Self.read(certificatePath, .certificate)
        let key = try Self.read(keyPath, .key)
        guard Self.digest(certificate, key) != loaded.withLock({ $0.digest }) else { return false }
        let new = try Self.load(certificate, key, certificatePath, keyPath)
        loaded.withLock { $0 = new }
        return true
    }

    private static func read(_ path: String, _ file: Failure.File) throws -> Data {
        do {
            return try Data(contentsOf: URL(filePath: path))
        } catch {
            throw Failure(file: file, description: "\(path) cannot be read: \(error.localizedDescription)")
        }
    }

    private static func digest(_ certificate: Data, _ key: Data) -> SHA256Digest {
        var hash = SHA256()
        for part in [certificate, key] { hash.update(data: Data(SHA256.hash(data: part))) }
        return hash.finalize()
    }

    private static func load(
        _ certificate: Data,
        _ key: Data,
        _ certificatePath: String,
        _ keyPath: String
    ) throws -> Loaded {
        let chain = try parse(.certificate, "\(certificatePath) has no certificate in PEM") {
            try NIOSSLCertificate.fromPEMBytes(Array(certificate))
        }
        let privateKey = try parse(.key, "\(keyPath) has no private key in PEM, or an encrypted one") {
            try NIOSSLPrivateKey(bytes: Array(key), format: .pem)
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(privateKey)
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        let context = try parse(.key, "\(keyPath) does not belong to the certificate in \(certificatePath)") {
            try NIOSSLContext(configuration: configuration)
        }
        return Loaded(context: context, digest: digest(certificate, key))
    }

    private static func parse<Value>(
        _ file: Failure.File,
        _ complaint: String,
        _ body: () throws -> Value
    ) throws -> Value {
        do {
            return try body()
        } catch {
            throw Failure(file: file, description: complaint)
        }
    }
}
