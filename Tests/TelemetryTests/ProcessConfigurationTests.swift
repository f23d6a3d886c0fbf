import Configuration
import Foundation
import Telemetry
import Testing

@Suite("Where configuration comes from")
struct ProcessConfigurationTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("the environment wins over credentials, these over the file, that over the default")
    func precedence() async throws {
        let file = try folder.write("config.json", #"{"a": {"one": "file", "two": "file", "three": "file"}}"#)
        let credentials = try TemporaryFolder()
        try credentials.write("a-one", "credential\n")
        try credentials.write("a-two", "credential\n")
        let configuration = try await ProcessConfiguration(environment: [
            "REPRIEVE_A_ONE": "environment", "CREDENTIALS_DIRECTORY": credentials.path, "REPRIEVE_CONFIG_FILE": file,
        ])
        #expect(try configuration.string("a.one") == "environment")
        #expect(try configuration.string("a.two") == "credential")
        #expect(try configuration.string("a.three") == "file")
        #expect(try configuration.string("a.four", default: "default") == "default")
        #expect(configuration.reader.string(forKey: "a.two") == "credential")
    }

    @Test("a key in camel case is a variable with underscores")
    func camelCase() async throws {
        let configuration = try await ProcessConfiguration(environment: ["REPRIEVE_QUEUE_POLL_INTERVAL": "2s"])
        #expect(
            try configuration.duration("queue.pollInterval", default: .seconds(1), in: .zero ... .seconds(9))
                == .seconds(2)
        )
    }

    @Test("credentials are found in a volume of Kubernetes, where the files are links")
    func linkedCredentials() async throws {
        let data = "\(folder.path)/..2026_11_23"
        let files = FileManager.default
        try files.createDirectory(atPath: data, withIntermediateDirectories: false)
        try folder.write("..2026_11_23/database-url", "postgres://linked")
        try files.createSymbolicLink(atPath: "\(folder.path)/..data", withDestinationPath: "..2026_11_23")
        try files.createSymbolicLink(atPath: "\(folder.path)/database-url", withDestinationPath: "..data/database-url")
        let configuration = try await ProcessConfiguration(environment: ["CREDENTIALS_DIRECTORY": folder.path])
        #expect(try configuration.requiredString("database.url") == "postgres://linked")
    }

    @Test("a value may be a text, a number, a yes or no, or a list in the file")
    func fileTypes() async throws {
        let json = #"{"number": 7, "text": "8", "flag": true, "list": ["a", "b"], "time": "5m"}"#
        let file = try folder.write("config.json", json)
        let configuration = try await ProcessConfiguration(environment: ["REPRIEVE_CONFIG_FILE": file])
        #expect(try configuration.int("number", default: 1, in: 0...9) == 7)
        #expect(try configuration.int("text", default: 1, in: 0...9) == 8)
        #expect(try configuration.bool("flag", default: false))
        #expect(try configuration.strings("list", default: []) == ["a", "b"])
        #expect(try configuration.duration("time", default: .zero, in: .zero ... .seconds(600)) == .seconds(300))
    }

    @Test("a folder or file that is named but cannot be read is an error that names it")
    func unreadable() async throws {
        let broken = try folder.write("broken.json", "{")
        let missing = "\(folder.path)/missing"
        for (variable, path) in [
            ("REPRIEVE_CONFIG_FILE", missing), ("REPRIEVE_CONFIG_FILE", broken), ("CREDENTIALS_DIRECTORY", missing),
        ] {
            let error = await #expect(throws: ConfigurationError.self) {
                try await ProcessConfiguration(environment: [variable: path])
            }
            #expect(error?.code == .unreadable)
            #expect(error?.description.contains("\(variable) is \"\(path)\"") == true)
            #expect(error?.description.contains { $0.isNewline } == false)
        }
    }
}
