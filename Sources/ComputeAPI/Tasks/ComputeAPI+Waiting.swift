import Compute
import Foundation
import HTTPTypes
import Identity
import TaskQueue

/// Answers that are put off until there is something to tell: the preference `wait`.
extension ComputeAPI {
    /// Reads a task, again and again while the caller would wait and has it as it is: until the task has ended, or, for
    /// one who says which state is known, until the answer is another.
    func waiting(for request: APIRequest, _ read: () async throws -> TaskAnswer) async throws -> Answer {
        guard let wish = Preferences.wait(request.call.headers), let watch, let caller = request.call.wait,
            let id = UUID(canonical: request.route.parameters[0])
        else { return try await read().answer }
        let seconds = min(wish, Int(settings.maximumWait.components.seconds))
        let deadline = ContinuousClock.now + .seconds(seconds)
        let project = request.credentials.projectID
        guard let waiter = watch.join(id, of: project, isCurious: request.knowsTag) else {
            // Nobody else, or nobody else of the project, can wait now: the caller is to ask again, and not at once.
            var answer = try await read().answer
            answer.headers[.retryAfter] = "1"
            return answer
        }
        defer { waiter.leave() }
        // From here on no change falls between. Who may not see the task does not wait for it.
        let first = try await read()
        guard isWorthWaiting(first, request) else { return applied(seconds, first.answer) }
        caller.leaveGate()
        let last = try await caller.whileConnected(waiter.finish) {
            try await wait(waiter, until: deadline, request, first, read)
        }
        return applied(seconds, last.answer)
    }

    private func wait(
        _ waiter: TaskWaiter,
        until deadline: ContinuousClock.Instant,
        _ request: APIRequest,
        _ first: TaskAnswer,
        _ read: () async throws -> TaskAnswer
    ) async throws -> TaskAnswer {
        var last = first
        while isWorthWaiting(last, request), !waiter.isOver, ContinuousClock.now < deadline, !Task.isCancelled {
            await waiter.wait(until: deadline, mark: last.task.mark)
            last = try await read()
        }
        return last
    }

    private func isWorthWaiting(_ read: TaskAnswer, _ request: APIRequest) -> Bool {
        !read.task.isFinished && (!request.knowsTag || read.answer.status == .notModified)
    }

    private func applied(_ seconds: Int, _ answer: Answer) -> Answer {
        var answer = answer
        answer.headers[.preferenceApplied] = "wait=\(seconds)"
        return answer
    }
}

extension APIRequest {
    /// Whether the caller says which state is known.
    fileprivate var knowsTag: Bool { call.headers.contains(.ifNoneMatch) }
}
