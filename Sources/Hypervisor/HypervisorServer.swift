package import Foundation

/// A server as a host's inventory tells it.
package struct HypervisorServer: Sendable, Hashable {
    /// Who owns a server, where the host knows it (Nova writes it into the metadata of what it creates).
    package struct Owner: Sendable, Hashable, Codable {
        /// Project in the words of the identity service.
        package var projectID: String

        /// User in the words of the identity service.
        package var userID: String

        /// Makes an owner out of two identifiers, taken as they are.
        package init(projectID: String, userID: String) {
            self.projectID = projectID
            self.userID = userID
        }
    }

    /// Identity of the server, the same on the host as in the API.
    package var id: UUID

    /// Name of the server on the host; not unique, not for parsing.
    package var name: String

    /// Power state at the moment of the inventory.
    package var powerState: PowerState

    /// The owner, or nil where the host does not know one.
    package var owner: Owner?

    /// Virtual processors, 1 or more, or nil where the host does not tell.
    package var vcpus: Int?

    /// Memory in MiB, or nil where the host does not tell.
    package var memoryMebibytes: Int?

    /// Makes a server out of what an inventory told.
    package init(
        id: UUID,
        name: String,
        powerState: PowerState,
        owner: Owner? = nil,
        vcpus: Int? = nil,
        memoryMebibytes: Int? = nil
    ) {
        self.id = id
        self.name = name
        self.powerState = powerState
        self.owner = owner
        self.vcpus = vcpus
        self.memoryMebibytes = memoryMebibytes
    }
}
