/// Keys of log metadata: one spelling for each thing, so that a search over all processes finds it.
package enum LogKey {
    /// Identity of an HTTP request, given by Reprieve.
    package static let requestID = "request.id"
    /// Identity that the caller gave a request across several services.
    package static let globalRequestID = "global.request.id"
    /// Server that is acted on.
    package static let serverID = "server.id"
    /// Project that a request or a server belongs to.
    package static let projectID = "project.id"
    /// User who made a request.
    package static let userID = "user.id"
    /// Queued task.
    package static let taskID = "task.id"
    /// Kind of a queued task, for example "restore".
    package static let taskKind = "task.kind"
    /// Number of the attempt on a task, from 1.
    package static let taskAttempt = "task.attempt"
    /// Process start of a worker.
    package static let workerID = "worker.id"
    /// Queue that is served.
    package static let queueName = "queue.name"
    /// Host whose hypervisor is acted on.
    package static let hostName = "host.name"
    /// Code of an error, one word.
    package static let errorCode = "error.code"
    /// What an error says of itself.
    package static let errorMessage = "error.message"
    /// How long something took, in milliseconds.
    package static let durationMilliseconds = "duration_ms"
}
