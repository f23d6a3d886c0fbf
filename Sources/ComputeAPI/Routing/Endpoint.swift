/// What a route leads to.
enum Endpoint: Sendable, Hashable {
    case listServers(isDetailed: Bool)
    case showServer
    case deleteServer
    case actOnServer
    case listActions
    case showAction
    case listTasks
    case showTask
    case updateServer
    case showQuota(isDetailed: Bool)
    case showDefaultQuota
    case updateQuota
    case resetQuota
    case showLimits
    case listServices
    case updateService
    case listFlavors
    /// A route of Nova's that we do not have.
    case absent(reason: String)
}
