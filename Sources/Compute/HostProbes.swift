package import Foundation
package import Hypervisor
package import Logging
import Postgres
import ServiceLifecycle

/// What a host says of a server's hardware.
package enum ProbeAnswer: String, Sendable, Hashable {
    case present, missing
}

/// Questions to hosts. Each call throws ``ComputeError``.
extension ServerStore {
    /// Asks the workers of a host whether they find a server there. Whoever waits for news of `id` is told.
    package func ask(_ id: UUID, about server: UUID, on host: String) async throws {
        _ = try await run(Self.askStatement, [.uuid(id), .uuid(server), .text(host)])
    }

    /// The answer to a question; nil when there is none yet.
    package func answer(to id: UUID) async throws -> ProbeAnswer? {
        try await only(of: Self.readProbeStatement, [.uuid(id)]) {
            try $0.decode(String?.self, "answer").flatMap(ProbeAnswer.init(rawValue:))
        }
    }

    fileprivate func answer(_ id: UUID, with answer: ProbeAnswer) async throws {
        _ = try await run(Self.answerProbeStatement, [.uuid(id), .text(answer.rawValue)])
    }

    private static let askStatement = Statement("SELECT compute.ask_probe_v1($1, $2, $3)")
    private static let readProbeStatement = Statement("SELECT compute.read_probe_v1($1) AS answer")
    private static let answerProbeStatement = Statement("SELECT compute.answer_probe_v1($1, $2)")
}

/// Answers questions about servers in a worker: whether the host still has them. What it cannot find out, or not soon,
/// stays without an answer.
package final class HostProbes: Service {
    private struct Question {
        let id: UUID
        let server: UUID
        let host: String
    }

    /// The channel on which is asked; a payload is host, id and server with spaces between them.
    package static let channel = "reprieve_probes"
    /// A hypervisor that hangs must not gather questions.
    private static let most = 16

    private let store: ServerStore
    private let drivers: [String: any HypervisorDriver]
    private let logger: Logger
    private let questions: AsyncStream<Question>
    private let continuation: AsyncStream<Question>.Continuation
    private let asked = Guarded(0)

    /// - Parameter drivers: by host name; the worker serves these hosts.
    package init(store: ServerStore, drivers: [String: any HypervisorDriver], logger: Logger) {
        self.store = store
        self.drivers = drivers
        self.logger = logger
        (questions, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.most))
    }

    /// Takes the payload of a notification. It never blocks.
    @Sendable
    package func hear(_ payload: String) {
        let parts = payload.split(separator: " ").map(String.init)
        guard parts.count == 3, drivers[parts[0]] != nil, let id = UUID(uuidString: parts[1]),
            let server = UUID(uuidString: parts[2])
        else { return }
        continuation.yield(Question(id: id, server: server, host: parts[0]))
    }

    /// Answers until shutdown.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for await question in self.questions where self.enter() {
                    group.addTask {
                        await self.answer(question)
                        self.asked.withLock { $0 -= 1 }
                    }
                }
                group.cancelAll()
            }
        }
    }

    private func enter() -> Bool {
        asked.withLock { asked in
            guard asked < Self.most else { return false }
            asked += 1
            return true
        }
    }

    private func answer(_ question: Question) async {
        guard let driver = drivers[question.host] else { return }
        do {
            try await store.answer(question.id, with: try await Self.look(question.server, driver))
        } catch {
            logger.info("a question about a server stays without an answer", metadata: ["error.message": "\(error)"])
        }
    }

    private static func look(_ server: UUID, _ driver: any HypervisorDriver) async throws(HypervisorError)
        -> ProbeAnswer
    {
        do {
            _ = try await driver.powerState(of: server)
            return .present
        } catch  where error.code == .notFound {
            return .missing
        }
    }
}
