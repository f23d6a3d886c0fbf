import Compute
import Hypervisor
import Postgres
import SchemaSQL
import TaskQueue
import Telemetry

extension CommandError: ChainedError {}
extension ComputeError: ChainedError {}
extension QueueError: ChainedError {}
extension PostgresError: ChainedError {}
extension HypervisorError: ChainedError {}

extension CommandError {
    /// What any error means for who typed the command.
    init(_ error: any Error) {
        switch error {
        case let error as CommandError: self = error
        case let error as ConfigurationError: self.init(.misused, error.description)
        case let error as SchemaError: self.init(.misused, error.message)
        case let error as PostgresError: self.init(error)
        case let error as ComputeError: self.init(error.code.isRetryable, error)
        case let error as QueueError: self.init(error.code.isRetryable, error)
        case let error as HypervisorError:
            self.init(error.code == .notFound ? .notFound : .failed, error.message, cause: error.cause)
        default: self.init(.failed, "\(error)")
        }
    }

    private init(_ error: PostgresError) {
        if error.code == .invalidConfiguration {
            self.init(.misused, error.message, advice: Self.databaseAdvice)
        } else {
            self.init(error.retry != .never, error)
        }
    }

    private init(_ isUnreachable: Bool, _ error: some ChainedError) {
        if isUnreachable {
            self.init(.unreachable, "the database does not answer", advice: Self.databaseAdvice, cause: error)
        } else {
            self.init(.failed, error.message, cause: error.cause)
        }
    }

    private static let databaseAdvice = "see database.url (REPRIEVE_DATABASE_URL)"
}
