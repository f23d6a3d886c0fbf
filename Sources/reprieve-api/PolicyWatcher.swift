import Identity
import Logging
import ServiceLifecycle
import Telemetry
import UnixSignals

/// Reads the policy file at the start, when it has changed, and on SIGHUP, and tells the log what came of it.
struct PolicyWatcher: Service {
    /// How often the file is looked at, not read.
    private static let interval = Duration.seconds(1)

    private let path: String
    private let reloader: PolicyReloader
    private let logger: Logger

    /// Puts the rules of the file into force.
    /// - Throws: ``ConfigurationError`` when the file cannot be used.
    init(file: PolicyFile, policy: Policy, logger: Logger) throws(ConfigurationError) {
        path = file.path
        self.logger = logger
        do throws(PolicyError) {
            reloader = try PolicyReloader(file: file, policy: policy)
        } catch {
            throw ConfigurationError(
                .invalid,
                key: "api.policy_file",
                message: "api.policy_file (REPRIEVE_API_POLICY_FILE): \(error)",
                cause: error
            )
        }
        tell(.loaded(warnings: reloader.warnings))
    }

    func run() async throws {
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        await cancelWhenGracefulShutdown {
            await withTaskGroup { group in
                group.addTask {
                    for await _ in hangups { tell(await reloader.look(always: true)) }
                }
                group.addTask {
                    while !Task.isCancelled {
                        tell(await reloader.look())
                        // Ends early only when the process does.
                        try? await Task.sleep(for: Self.interval)
                    }
                }
            }
        }
    }

    private func tell(_ outcome: PolicyReloader.Outcome) {
        switch outcome {
        case .unchanged: break
        case .loaded(let warnings):
            logger.notice("policy file loaded", metadata: ["file.path": "\(path)"])
            for warning in warnings {
                logger.warning(
                    "policy file",
                    metadata: ["file.path": "\(path)", LogKey.errorMessage: "\(warning)"]
                )
            }
        case .kept(let error):
            logger.error(
                "policy file refused, the rules before it still hold",
                metadata: [LogKey.errorCode: "\(error.code)", LogKey.errorMessage: "\(error)"]
            )
        }
    }
}
