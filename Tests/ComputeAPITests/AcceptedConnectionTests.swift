import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import ComputeAPI

@Suite("A connection that was accepted")
struct AcceptedConnectionTests {
    @Test("is ended when a closing server drops it, which would stop the process otherwise", arguments: [true, false])
    func dropped(isClosedAlready: Bool) async throws {
        let channel = NIOAsyncTestingChannel()
        do {
            let accepted = try await channel.eventLoop.submit {
                AcceptedConnection(try NIOAsyncChannel(wrappingChannelSynchronously: channel))
            }.get()
            try await channel.connect(to: SocketAddress(unixDomainSocketPath: "/x")).get()
            if isClosedAlready { try await accepted.channel.close().get() }
        }
        try await channel.closeFuture.get()
    }
}
