import Foundation
import TestSupport
import Testing

@Suite("The API with a Keystone", .migratedDatabase)
struct KeystoneTests {
    private func environment(_ stub: KeystoneStub, password: String = KeystoneStub.password) -> [String: String] {
        [
            "REPRIEVE_API_AUTH": "keystone", "REPRIEVE_API_PORT": "0", "REPRIEVE_API_HEALTH_PORT": "0",
            "REPRIEVE_KEYSTONE_URL": "\(stub.url)/v3/", "REPRIEVE_KEYSTONE_USERNAME": "reprieve",
            "REPRIEVE_KEYSTONE_PASSWORD": password,
        ]
    }

    private func isReady(_ api: APIClient) async throws -> Int {
        let port = try await api.process.logged("\"health listening\"", "http.port")
        return try await api.send("GET", "http://127.0.0.1:\(port)/readyz").status
    }

    @Test("lets in who has a good token, tells others where to get one, and logs neither token nor password")
    func tokens() async throws {
        try await KeystoneStub.run { stub in
            stub.issue("good-token")
            try await Fleet.run { fleet in
                let api = try await fleet.startAPI(environment: environment(stub))
                #expect(try await isReady(api) == 200)
                #expect(try await api.asking(as: "good-token").send("GET", "/v2.1/aa11/servers").status == 200)
                for token in ["", "bad-token"] {
                    let refusal = try await api.asking(as: token).send("GET", "/v2.1/servers")
                    #expect(refusal.status == 401)
                    #expect(refusal.headers["www-authenticate"] == "Keystone uri=\"\(stub.url)\"")
                    #expect(try refusal.value("error", "code") == "401")
                    #expect(try refusal.value("error", "title") == "Unauthorized")
                    #expect(
                        try refusal.value("error", "message") == "The request you have made requires authentication."
                    )
                }
                let other = try await api.asking(as: "good-token").send("GET", "/v2.1/bb22/servers")
                #expect(other.status == 400)
                for secret in ["good-token", "bad-token", "own-1", KeystoneStub.password] {
                    #expect(!api.process.output.contains(secret))
                }
            }
        }
    }

    @Test("an administrator of a domain is nobody here")
    func domainAdministrator() async throws {
        try await KeystoneStub.run { stub in
            stub.issue("domain", scope: #""domain": {"id": "d1", "name": "one"}"#, roles: ["admin"])
            try await Fleet.run { fleet in
                let api = try await fleet.startAPI(environment: environment(stub)).asking(as: "domain")
                let id = try await fleet.adopt()
                #expect(try await api.send("GET", "/v2.1/servers/detail?all_tenants=1").status == 403)
                #expect(try await api.send("GET", "/v2.1/servers/\(id.text)").status == 404)
                #expect(try await api.send("DELETE", "/v2.1/servers/\(id.text)").status == 404)
            }
        }
    }

    @Test("starts without Keystone, answers 503 and is not ready, and mends when Keystone does")
    func down() async throws {
        try await KeystoneStub.run { stub in
            stub.issue("good-token")
            stub.set(.failing(503))
            try await Fleet.run { fleet in
                let api = try await fleet.startAPI(environment: environment(stub)).asking(as: "good-token")
                #expect(api.process.output.contains("Keystone does not answer, going on"))
                #expect(try await isReady(api) == 503)
                let refusal = try await api.send("GET", "/v2.1/servers")
                #expect(refusal.status == 503)
                #expect(refusal.headers["retry-after"] == "1")
                #expect(try refusal.value("serviceUnavailable", "code") == "503")
                #expect(refusal.headers["x-openstack-request-id"] != nil)
                stub.set(.well)
                try await waitUntil("the API asks Keystone again") {
                    try await api.send("GET", "/v2.1/servers").status == 200
                }
                #expect(try await isReady(api) == 200)
            }
        }
    }

    @Test("does not start with a wrong password, and says so in one line without it")
    func wrongPassword() async throws {
        try await KeystoneStub.run { stub in
            try await Fleet.run { fleet in
                let process = try fleet.start("reprieve-api", environment: environment(stub, password: "hunter2"))
                #expect(try await process.ended() == 78)
                #expect(process.output.split(separator: "\n").count == 1)
                #expect(process.output.hasPrefix("reprieve-api: configuration: keystone.username: Keystone at"))
                #expect(!process.output.contains("hunter2"))
            }
        }
    }

    @Test(
        "does not start with settings that are missing or contradict each other",
        arguments: [
            (["REPRIEVE_KEYSTONE_URL": ""], "keystone.url"),
            (["REPRIEVE_KEYSTONE_URL": "keystone:5000"], "keystone.url"),
            (["REPRIEVE_KEYSTONE_USERNAME": ""], "keystone.username"),
            (["REPRIEVE_KEYSTONE_PASSWORD": ""], "keystone.password"),
            (["REPRIEVE_KEYSTONE_APPLICATION_CREDENTIAL_ID": "x"], "keystone.application_credential_id"),
            (
                ["REPRIEVE_KEYSTONE_USERNAME": "", "REPRIEVE_KEYSTONE_APPLICATION_CREDENTIAL_ID": "x"],
                "keystone.application_credential_secret"
            ),
            (["REPRIEVE_KEYSTONE_CACHE_SECONDS": "3601"], "keystone.cache_seconds"),
            (["REPRIEVE_KEYSTONE_CACHE_SIZE": "1"], "keystone.cache_size"),
            (["REPRIEVE_KEYSTONE_TIMEOUT": "0s"], "keystone.timeout"),
        ]
    )
    func wrongSettings(change: [String: String], key: String) async throws {
        try await KeystoneStub.run { stub in
            try await Fleet.run { fleet in
                let process = try fleet.start("reprieve-api", environment: environment(stub).merging(change) { $1 })
                #expect(try await process.ended() == 78)
                #expect(process.output.split(separator: "\n").count == 1)
                #expect(process.output.contains(key))
                #expect(!process.output.contains(KeystoneStub.password))
            }
        }
    }
}
