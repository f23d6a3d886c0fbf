import NIOCore
import NIOHTTP1

/// Tells the ``ConnectionHandler`` of bytes that are not yet a request. It stands before the parser.
final class HeadWatch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: ConnectionHandler

    init(connection: ConnectionHandler) {
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.head.bytes = unwrapInboundIn(data)
        context.fireChannelRead(data)
        connection.readBytes()
        connection.head.bytes = ByteBuffer()
    }
}

@available(*, unavailable)
extension HeadWatch: Sendable {}

/// How far the head has come that is being read.
struct HeadProgress {
    /// What the parser is reading.
    var bytes = ByteBuffer()
    /// Bytes of this head that came before.
    private var before = 0
    private var knownLine: Int?

    /// The parser did not find the end of a head.
    mutating func goesOn() {
        knownLine = line
        before += bytes.readableBytes
    }

    /// The next bytes belong to another head, or to none.
    mutating func isOver() {
        (before, knownLine) = (0, nil)
    }

    /// How long the request line is, if its end has come.
    private var line: Int? {
        knownLine ?? bytes.readableBytesView.firstIndex(of: UInt8(ascii: "\n")).map { before + $0 - bytes.readerIndex }
    }

    /// The parser says only that something was too long.
    func fault(of error: HTTPParserError) -> APIFault {
        switch error {
        case .headerOverflow:
            // The line has the method and the version besides the target.
            line ?? .max <= ConnectionLimits.maximumTarget + 32 ? .longHeaders : .longTarget
        default: APIFault(.badRequest, "This is no HTTP request that can be read.", cause: error)
        }
    }
}

extension APIFault {
    static let longTarget = APIFault(
        .longTarget,
        "Request target is too long: it may have \(ConnectionLimits.maximumTarget) bytes."
    )
    static let longHeaders = APIFault(
        .longHeaders,
        "Request headers are too large: they may have \(ConnectionLimits.maximumHeaders) bytes and "
            + "\(ConnectionLimits.maximumFields) fields."
    )
}
