package import Foundation

/// One host's hypervisor, as far as a recycle bin needs it.
///
/// Every effectful call is idempotent, and does its work under one lock per server: it refuses a fence that is lower
/// than the highest one seen for the server (`.staleFence`, nothing changed), remembers its own, and acts. An equal
/// fence is allowed, since it is the same lease repeating itself. There are no default implementations on purpose: a
/// driver that forgot a method must not look healthy.
///
/// Cancellation: a call that is cancelled throws ``HypervisorError`` `.cancelled` when it notices. It never stops
/// half-way through a change, but the change may have been made, so a caller who goes on must look at the power state.
package protocol HypervisorDriver: Sendable {
    /// What this driver can do; constant for the life of the driver.
    var capabilities: HypervisorCapabilities { get }

    /// Lists every server the host knows, in no particular order.
    /// - Throws: ``HypervisorError`` `.transient`, `.permanent` or `.cancelled`.
    func inventory() async throws(HypervisorError) -> [HypervisorServer]

    /// Asks the host for the power state of one server, now.
    /// - Throws: ``HypervisorError`` `.notFound` when the host has no such server; `.transient`, `.permanent`,
    ///   `.cancelled`.
    func powerState(of server: UUID) async throws(HypervisorError) -> PowerState

    /// Powers a server off and keeps its disk, its definition and everything else that is needed to start it again.
    /// - Parameters:
    ///   - server: identity of the server.
    ///   - lease: the lease under which the caller acts; asked under the server's lock, right before the change.
    ///   - progress: told of each step; called on any thread, and never after the call has returned.
    /// - Throws: ``HypervisorError`` of any code.
    func softDelete(
        _ server: UUID,
        lease: HypervisorLease,
        progress: @escaping @Sendable (HypervisorStep) -> Void
    ) async throws(HypervisorError)

    /// Powers a soft-deleted server on.
    /// - Parameters: as for ``softDelete(_:lease:progress:)``.
    /// - Throws: ``HypervisorError`` of any code.
    func restore(
        _ server: UUID,
        lease: HypervisorLease,
        progress: @escaping @Sendable (HypervisorStep) -> Void
    ) async throws(HypervisorError)

    /// Removes a server and its disks for good. Removing what is not there is success, never `.notFound`.
    /// - Parameters: as for ``softDelete(_:lease:progress:)``.
    /// - Throws: ``HypervisorError`` of any code but `.notFound`.
    func destroy(
        _ server: UUID,
        lease: HypervisorLease,
        progress: @escaping @Sendable (HypervisorStep) -> Void
    ) async throws(HypervisorError)
}
