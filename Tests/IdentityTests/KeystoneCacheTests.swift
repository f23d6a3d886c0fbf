import Testing

@testable import Identity

@Suite("What is remembered of tokens")
struct KeystoneCacheTests {
    private let now = ContinuousClock.now
    private let hasher = TokenHasher()

    private func name(_ finding: KeystoneCache.Finding?) -> String? {
        switch finding {
        case .credentials(let credentials): credentials.userID
        case .nobodys: "nobody"
        case nil: nil
        }
    }

    private func person(_ name: String) -> KeystoneCache.Finding {
        .credentials(Credentials(userID: name, projectID: "a", roles: []))
    }

    @Test("holds until its end, and not at it")
    func ends() {
        var cache = KeystoneCache(limit: 10)
        let (good, bad) = (hasher.digest("good"), hasher.digest("bad"))
        cache.keep(person("ann"), of: good, until: now + .seconds(60), at: now)
        cache.keep(.nobodys, of: bad, until: now + .seconds(5), at: now)
        #expect(name(cache.find(good, at: now + .seconds(59))) == "ann")
        #expect(name(cache.find(bad, at: now + .seconds(4))) == "nobody")
        #expect(name(cache.find(bad, at: now + .seconds(5))) == nil)
        #expect(name(cache.find(good, at: now + .seconds(60))) == nil)
        #expect(cache.count == 0)
    }

    @Test("knows a good token again for an hour, whatever its answer's time, and no bad one", arguments: [0, 60])
    func familiar(seconds: Int) {
        var cache = KeystoneCache(limit: 10)
        let (good, bad) = (hasher.digest("good"), hasher.digest("bad"))
        let before = cache.isFamiliar(good, at: now)
        cache.keep(person("ann"), of: good, until: now + .seconds(seconds), at: now)
        cache.keep(.nobodys, of: bad, until: now + .seconds(5), at: now)
        let after = [0, 3599, 3600].map { cache.isFamiliar(good, at: now + .seconds($0)) }
        #expect(!before && after == [true, true, false])
        let isBadFamiliar = cache.isFamiliar(bad, at: now)
        #expect(!isBadFamiliar)
    }

    @Test("what ends at once is not kept")
    func endsAtOnce() {
        var cache = KeystoneCache(limit: 10)
        cache.keep(.nobodys, of: hasher.digest("bad"), until: now, at: now)
        #expect(cache.count == 0)
    }

    @Test("never keeps more than its limit, and keeps what is asked for", arguments: [2, 3, 10, 101])
    func bound(limit: Int) {
        var entries = RecentEntries<Int, String>(limit: limit)
        entries.insert("often", for: -1, until: now + .seconds(60))
        let findings = (0..<1000).map { number in
            entries.insert("new", for: number, until: now + .seconds(60))
            return (value: entries.value(of: -1, at: now), count: entries.count)
        }
        #expect(findings.allSatisfy { $0.value == "often" })
        #expect(findings.allSatisfy { $0.count <= limit })
        #expect(entries.value(of: 999, at: now) == "new" || limit < 4)
        #expect(entries.value(of: 0, at: now) == nil)
    }

    @Test("has one entry for a key, the last one")
    func oneEntry() {
        var entries = RecentEntries<Int, String>(limit: 4)
        for value in ["a", "b"] {
            for key in 0..<3 { entries.insert(value, for: key, until: now + .seconds(60)) }
        }
        #expect((0..<3).allSatisfy { [nil, "b"].contains(entries.value(of: $0, at: now)) })
        #expect(entries.count <= 4)
    }

    @Test("shows no token, and hashes of one process say nothing in another")
    func noToken() {
        var cache = KeystoneCache(limit: 10)
        let token = "gAAAAABsecret"
        cache.keep(person("ann"), of: hasher.digest(token), until: now + .seconds(60), at: now)
        var shown = "\(cache) \(String(reflecting: cache))"
        dump(cache, to: &shown)
        #expect(shown.contains("ann") && !shown.contains(token) && !shown.contains("secret"))
        #expect(hasher.digest(token) == hasher.digest(token))
        #expect(hasher.digest(token) != hasher.digest(token + " "))
        #expect(hasher.digest(token) != TokenHasher().digest(token))
    }
}
