/// What a driver can do, declared as values: nobody has to call it and catch an error to find out.
package struct HypervisorCapabilities: Sendable, Hashable {
    /// Short name of the driver for logs and service listings, for example "libvirt".
    package var driverName: String

    /// Whether the highest fence of each server outlives the process, so that a second worker process refuses what the
    /// first has seen overtaken. Without it only one worker may serve a host.
    package var keepsFencesAcrossProcesses: Bool

    /// Whether an inventory can tell who owns a server, so that servers can be adopted without being listed by hand.
    package var tellsOwners: Bool

    /// Makes capabilities; every value is named, none has a default.
    package init(driverName: String, keepsFencesAcrossProcesses: Bool, tellsOwners: Bool) {
        self.driverName = driverName
        self.keepsFencesAcrossProcesses = keepsFencesAcrossProcesses
        self.tellsOwners = tellsOwners
    }
}
