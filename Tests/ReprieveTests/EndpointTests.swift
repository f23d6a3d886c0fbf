import Testing

@testable import reprieve

@Suite("Where the API is and as whom it is asked")
struct EndpointTests {
    private func urlAndToken(_ environment: [String: String]) throws -> [String] {
        let endpoint = try Endpoint(environment: environment)
        return [endpoint.url, endpoint.token]
    }

    @Test("our own variables come before those of OpenStack's clients")
    func precedence() throws {
        var environment = [
            "REPRIEVE_URL": "http://a", "OS_COMPUTE_ENDPOINT_OVERRIDE": "http://b", "OS_ENDPOINT": "http://c",
            "REPRIEVE_TOKEN": "one", "OS_TOKEN": "two", "OS_USERNAME": "ada", "OS_PROJECT_ID": "0ff1ce",
        ]
        #expect(try urlAndToken(environment) == ["http://a/v2.1", "one"])
        environment["REPRIEVE_URL"] = ""
        environment["REPRIEVE_TOKEN"] = nil
        #expect(try urlAndToken(environment) == ["http://b/v2.1", "two"])
        environment["OS_COMPUTE_ENDPOINT_OVERRIDE"] = nil
        environment["OS_TOKEN"] = ""
        #expect(try urlAndToken(environment) == ["http://c/v2.1", "ada:0ff1ce"])
    }

    @Test(
        "the version is added where there is none",
        arguments: [
            ("http://h:1", "http://h:1/v2.1"), ("https://h/compute/", "https://h/compute/v2.1"),
            ("http://h/v2.1/", "http://h/v2.1"), ("http://h/v2.1/0ff1ce", "http://h/v2.1/0ff1ce"),
            ("http://h/v2", "http://h/v2"), ("http://[::1]:8774", "http://[::1]:8774/v2.1"),
        ]
    )
    func version(given: String, used: String) throws {
        #expect(try Endpoint(environment: ["REPRIEVE_URL": given, "REPRIEVE_TOKEN": "t"]).url == used)
    }

    @Test("without a URL it is this machine")
    func usual() throws {
        #expect(try Endpoint(environment: ["REPRIEVE_TOKEN": "t"]).url == "http://127.0.0.1:8774/v2.1")
    }

    @Test(
        "what is no URL is refused, by the variable's name",
        arguments: ["h:8774", "ftp://h", "http://", "http://h?a=b"]
    )
    func noURL(given: String) {
        let error = #expect(throws: CommandError.self) {
            try Endpoint(environment: ["OS_ENDPOINT": given, "REPRIEVE_TOKEN": "t"])
        }
        #expect(error?.code == .misused)
        #expect(error?.line.contains("OS_ENDPOINT") == true)
    }

    @Test("no token is made up where Keystone gives them out")
    func keystone() {
        let error = #expect(throws: CommandError.self) {
            try Endpoint(environment: ["OS_AUTH_URL": "http://k", "OS_USERNAME": "ada", "OS_PROJECT_ID": "0ff1ce"])
        }
        #expect(error?.code == .misused)
        #expect(error?.line.contains("openstack token issue") == true)
    }

    @Test("a token that would break the header is refused, and not repeated")
    func brokenToken() {
        let error = #expect(throws: CommandError.self) {
            try Endpoint(environment: ["REPRIEVE_TOKEN": "secret\r\nX: y"])
        }
        #expect(error?.code == .misused)
        #expect(error?.line.contains("secret") == false)
    }
}
