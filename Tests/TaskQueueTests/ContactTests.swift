import Testing

@testable import TaskQueue

@Suite("Contact with the database")
struct ContactTests {
    private let start = ContinuousClock.now

    /// In contact at each of these seconds; a silence of more than 10 s is a break.
    private func contact(at seconds: [Int]) -> Contact {
        var contact = Contact(longestSilence: .seconds(10))
        for second in seconds { contact.succeeded(at: start + .seconds(second)) }
        return contact
    }

    @Test("has not lasted before the first answer")
    func none() {
        #expect(!contact(at: []).hasLasted(.zero, at: start))
    }

    @Test("lasts from the first answer on while no silence is too long")
    func unbroken() {
        let contact = contact(at: [0, 10, 20, 30])
        #expect(contact.hasLasted(.seconds(30), at: start + .seconds(30)))
        #expect(!contact.hasLasted(.seconds(31), at: start + .seconds(30)))
        #expect(contact.hasLasted(.seconds(40), at: start + .seconds(40)))
    }

    @Test("begins anew after a silence that was too long")
    func silence() {
        let contact = contact(at: [0, 10, 21, 30])
        #expect(contact.hasLasted(.seconds(9), at: start + .seconds(30)))
        #expect(!contact.hasLasted(.seconds(10), at: start + .seconds(30)))
    }

    @Test("is broken while the silence since the last answer is too long")
    func silentNow() {
        #expect(!contact(at: [0, 10]).hasLasted(.zero, at: start + .milliseconds(20_001)))
    }

    @Test("begins anew after a failure")
    func failure() {
        var contact = contact(at: [0, 10])
        contact.failed()
        #expect(!contact.hasLasted(.zero, at: start + .seconds(10)))
        contact.succeeded(at: start + .seconds(11))
        #expect(contact.hasLasted(.zero, at: start + .seconds(12)))
        #expect(!contact.hasLasted(.seconds(2), at: start + .seconds(12)))
    }
}
