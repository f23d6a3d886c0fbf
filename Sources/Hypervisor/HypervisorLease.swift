/// The right under which a driver may change a server: its fence, and whether it still holds.
///
/// The fence refuses a worker that was overtaken; but one that was paused and wakes before anybody overtook it has the
/// highest fence there is. So a driver also asks, as the last thing before it acts, whether the lease is still held by
/// this process's own monotonic clock.
package struct HypervisorLease: Sendable {
    /// Refused when a higher one has been seen for the server.
    package var fence: Fence
    /// Whether the lease has not run out; cheap, never blocks, callable from any thread.
    package var isHeld: @Sendable () -> Bool

    /// Makes a lease out of its parts.
    package init(fence: Fence, isHeld: @escaping @Sendable () -> Bool) {
        self.fence = fence
        self.isHeld = isHeld
    }
}
