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
        let alarm = Alarm(channel: context.channel)
        let ringing = alarm.set(after: deadline)
        defer { ringing?.cancel() }
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: APISettings.maximumBody)
        } catch is NIOTooManyBytesError {
            throw Self.tooLarge
        } catch {
            throw alarm.hasRung ? Self.tooLate : Self.brokenOff(error)
        }
        if alarm.hasRung { throw Self.tooLate }
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

/// Ends the input of a connection when its time is over: the only thing that ends the reading of a body from outside.
private final class Alarm: NIOScheduledCallbackHandler, Sendable {
    private let channel: (any Channel)?
    private let rang = Atomic(false)

    init(channel: (any Channel)?) {
        self.channel = channel
    }

    var hasRung: Bool { rang.load(ordering: .acquiring) }

    /// - Returns: what cancels it; nil where there is no connection, or none any more.
    func set(after delay: Duration) -> NIOScheduledCallback? {
        try? channel?.eventLoop.scheduleCallback(in: TimeAmount(delay), handler: self)
    }

    func handleScheduledCallback(eventLoop: some EventLoop) {
        rang.store(true, ordering: .releasing)
        channel?.close(mode: .input, promise: nil)
    }
}
