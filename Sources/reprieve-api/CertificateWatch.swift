import ComputeAPI
import Logging
import ServiceLifecycle
import Telemetry

/// Takes a renewed certificate without a restart: looks at its files every ten seconds.
struct CertificateWatch: Service {
    let certificate: ServerCertificate
    let logger: Logger
    var interval = Duration.seconds(10)

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown {
                var problem: String?
                while true {
                    try await Task.sleep(for: interval)
                    reload(&problem)
                }
            }
        } catch is CancellationError {
            // The process is told to stop.
        }
    }

    /// - Parameter problem: what was wrong the last time; the same is not told again.
    private func reload(_ problem: inout String?) {
        do {
            if try certificate.reload() { logger.notice("new TLS certificate") }
            problem = nil
        } catch {
            guard problem != "\(error)" else { return }
            problem = "\(error)"
            logger.warning("the TLS certificate stays as it was", metadata: [LogKey.errorMessage: "\(error)"])
        }
    }
}
