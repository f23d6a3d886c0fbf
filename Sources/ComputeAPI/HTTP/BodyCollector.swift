import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// Reads the body of a request, bounded in size and in time.
struct BodyCollector {
    let deadline: Duration

    /// - Throws: ``APIFault`` `.tooLarge`, `.requestTimeout`, or `.badRequest` for a body that breaks off.
    func collect(_ request: Request, _ context: ConnectionContext) async throws(APIFault) -> [UInt8] {
        let announced = request.headers[.contentLength].flatMap { Int($0) }
        guard announced != 0, announced != nil || request.headers.contains(.transferEncoding) else { return [] }
        guard announced ?? 0 <= APISettings.maximumBody else { throw Self.tooLarge }
        let isLate = Flag()
        // The end of the input is the only thing that ends the reading from outside.
        let alarm = context.schedule(after: deadline) {
            isLate.raise()
            $0.close(mode: .input, promise: nil)
        }
        defer { alarm?.cancel() }
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: APISettings.maximumBody)
        } catch is NIOTooManyBytesError {
            throw Self.tooLarge
        } catch {
            throw isLate.isRaised ? Self.tooLate : Self.brokenOff(error)
        }
        if isLate.isRaised { throw Self.tooLate }
        // Where the connection is shut down under it, a body ends early and without an error.
        guard announced == nil || body.readableBytes == announced else { throw Self.brokenOff(nil) }
        return Array(body.readableBytesView)
    }

    private static let tooLarge = APIFault(
        .tooLarge,
        "Request is too large: a body may have \(APISettings.maximumBody) bytes."
    )
    private static let tooLate = APIFault(.requestTimeout, "The body did not arrive in time.")

    private static func brokenOff(_ cause: (any Error)?) -> APIFault {
        APIFault(.badRequest, "The body broke off.", cause: cause)
    }
}

/// Something that happened or not yet.
private final class Flag: Sendable {
    private let value = Atomic(false)

    var isRaised: Bool { value.load(ordering: .acquiring) }

    func raise() {
        value.store(true, ordering: .releasing)
    }
}
