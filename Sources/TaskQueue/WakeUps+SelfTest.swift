import Postgres

/// The self-test: to notify oneself, and to hear it.
extension WakeUps {
    private enum Finding {
        case heard
        /// The database does not answer: that is for others to tell, and says nothing about notifications.
        case unknown
        case useless(Reason)
    }

    /// How soon to look again when a test could not be made.
    private static let retryPause = Duration.seconds(5)

    /// Tests at first, after each reconnection, and now and then; returns when a new listener should be tried later.
    func testUntilUseless(_ listener: Listener, _ echoes: EchoChannel) async {
        while !Task.isCancelled {
            var pause = options.testInterval
            switch await test(listener, echoes) {
            case .heard:
                tell(.listening)
            case .unknown:
                pause = min(pause, Self.retryPause)
            case .useless(.notConnected):
                // It goes on trying by itself.
                tell(.polling(.notConnected))
                continue
            case .useless(let reason):
                tell(.polling(reason))
                return
            }
            _ = await echoes.wait(upTo: pause) { $0.connections != $0.tested }
        }
    }

    private func test(_ listener: Listener, _ echoes: EchoChannel) async -> Finding {
        guard await echoes.wait(upTo: options.connectLimit, until: \.isListening) else {
            return await echo(nil, to: nil) == nil ? .unknown : .useless(.notConnected)
        }
        // Twice: a process that was stopped for a while finds its time over and its echo still in the socket.
        for _ in 0..<2 {
            let round = echoes.nextRound()
            guard let workers = await echo(round, to: echoes) else { return .unknown }
            guard workers <= options.listenLimit else { return .useless(.tooManyWorkers(workers)) }
            if await echoes.wait(upTo: options.echoLimit, until: { $0.heard >= round }) { return .heard }
            guard echoes.state.isListening, !Task.isCancelled else { return .unknown }
        }
        return .useless(listener.isBehindPooler ? .pooler : .unheard)
    }

    /// - Returns: how many workers live; nil when the database does not answer.
    func echo(_ round: Int?, to echoes: EchoChannel?) async -> Int? {
        do {
            return try await queue.echo(round.map(String.init) ?? "", on: echoes?.name)
        } catch {
            // The worker's own calls fail as well, and say so.
            return nil
        }
    }
}
