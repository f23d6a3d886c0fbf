package import Configuration
import Foundation

/// Where a process reads its settings from, the first that has a key deciding:
///
/// 1. the environment: `database.url` is `REPRIEVE_DATABASE_URL`;
/// 2. a file for each key in the folder that `CREDENTIALS_DIRECTORY` names (systemd's `LoadCredential=`, or a mounted
///    secret of Kubernetes): `database.url` is the file `database-url`. These values are secret, whatever the key;
/// 3. the JSON file that `REPRIEVE_CONFIG_FILE` names: `{"database": {"url": "…"}}`;
/// 4. the default of the key.
///
/// A value that is set and not allowed is an error that stops the start; it never falls back to the next source.
package struct ProcessConfiguration: Sendable {
    /// The same sources as a reader of swift-configuration, for libraries that take one.
    package let reader: ConfigReader

    let providers: [any ConfigProvider]

    /// Opens all sources.
    /// - Parameter environment: variables to read; those of the process unless told otherwise.
    /// - Throws: ``ConfigurationError`` `.unreadable` when a folder or file that a variable names cannot be read.
    package init(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) async throws(ConfigurationError) {
        let variables = EnvironmentVariablesProvider(environmentVariables: environment)
        var providers: [any ConfigProvider] = [variables.prefixKeys(with: "reprieve")]
        if let credentials = try await Self.credentials(environment) { providers.append(credentials) }
        if let file = try await Self.file(environment) { providers.append(file) }
        self.providers = providers
        self.reader = ConfigReader(providers: providers)
    }

    private static func credentials(
        _ environment: [String: String]
    ) async throws(ConfigurationError) -> (any ConfigProvider)? {
        guard let folder = environment["CREDENTIALS_DIRECTORY"] else { return nil }
        // In a volume of Kubernetes the files are links into this folder, and the provider skips links.
        let volume = "\(folder)/..data"
        let path = FileManager.default.fileExists(atPath: volume) ? volume : folder
        return try await open("CREDENTIALS_DIRECTORY", path) {
            try await DirectoryFilesProvider(directoryPath: $0.requiredString(forKey: "path"))
        }
    }

    private static func file(
        _ environment: [String: String]
    ) async throws(ConfigurationError) -> (any ConfigProvider)? {
        guard let path = environment["REPRIEVE_CONFIG_FILE"] else { return nil }
        return try await open("REPRIEVE_CONFIG_FILE", path) {
            try await FileProvider<JSONSnapshot>(filePath: $0.requiredString(forKey: "path"))
        }
    }

    /// Opens a source with a reader that holds its path under the key `path`: the way to make the path type of
    /// swift-configuration without depending on the package that it comes from.
    private static func open(
        _ variable: String,
        _ path: String,
        _ make: (ConfigReader) async throws -> any ConfigProvider
    ) async throws(ConfigurationError) -> any ConfigProvider {
        do {
            return try await make(
                ConfigReader(provider: InMemoryProvider(values: ["path": ConfigValue(.string(path), isSecret: false)]))
            )
        } catch {
            throw ConfigurationError(
                .unreadable,
                key: variable,
                message: "\(variable) is \(path.debugDescription), which cannot be read: \("\(error)".oneLine)",
                cause: error
            )
        }
    }
}

extension String {
    /// The text with every line break made a space.
    var oneLine: String {
        split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
