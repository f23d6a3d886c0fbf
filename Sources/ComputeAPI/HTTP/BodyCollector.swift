import HTTPTypes
import Hummingbird
import NIOCore

/// Reads the body of a request, bounded in size. The connection bounds the time.
enum BodyCollector {
    /// - Throws: ``APIFault`` `.tooLarge`, `.requestTimeout`, or `.badRequest` for a body that breaks off.
    static func collect(_ request: Request) async throws(APIFault) -> [UInt8] {
        let announced = request.headers[.contentLength].flatMap { Int($0) }
        guard announced != 0, announced != nil || request.headers.contains(.transferEncoding) else { return [] }
        guard announced ?? 0 <= APISettings.maximumBody else { throw tooLarge }
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: APISettings.maximumBody)
        } catch is NIOTooManyBytesError {
            throw tooLarge
        } catch BodyFault.late {
            throw APIFault(.requestTimeout, "The body did not arrive in time.")
        } catch {
            throw brokenOff(error)
        }
        // Where the connection is shut down under it, a body ends early and without an error.
        guard announced == nil || body.readableBytes == announced else { throw brokenOff(nil) }
        return Array(body.readableBytesView)
    }

    private static let tooLarge = APIFault(
        .tooLarge,
        "Request is too large: a body may have \(APISettings.maximumBody) bytes."
    )

    private static func brokenOff(_ cause: (any Error)?) -> APIFault {
        APIFault(.badRequest, "The body broke off.", cause: cause)
    }
}
