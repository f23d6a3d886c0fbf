import Foundation

/// The errors that the fake throws from more than one place.
extension HypervisorError {
    static func notOnHost(_ server: UUID, host: String) -> HypervisorError {
        HypervisorError(
            .notFound,
            reason: .serverNotOnHost,
            message: "host \(host) has no server \(server.uuidString.lowercased())"
        )
    }

    static func cancelled(host: String) -> HypervisorError {
        HypervisorError(.cancelled, reason: .interrupted, message: "a call on host \(host) was cancelled")
    }

    static func locked(_ path: String, for patience: Duration) -> HypervisorError {
        HypervisorError(.transient, reason: .serverBusy, message: "\(path) was locked by another call for \(patience)")
    }

    static func scripted(
        _ failure: FakeHypervisor.Fault.Failure,
        _ reason: HypervisorFailureReason,
        _ step: FakeHypervisor.Fault.Step,
        _ call: FakeCall
    ) -> HypervisorError {
        let code: Code =
            switch failure {
            case .transient: .transient
            case .permanent: .permanent
            case .unknownOutcome: .unknownOutcome
            case .notFound: .notFound
            }
        return HypervisorError(code, reason: reason, message: "\(call): scripted failure \(step.rawValue) the effect")
    }

    /// What the last system call left in `errno`. A full disk or a missing file may be mended, so it is `.transient`.
    static func system(_ call: String, _ path: String) -> HypervisorError {
        let code = errno
        return HypervisorError(
            .transient,
            reason: .hypervisorFault,
            message: "\(call) of \(path) failed: \(String(cString: strerror(code)))"
        )
    }
}
