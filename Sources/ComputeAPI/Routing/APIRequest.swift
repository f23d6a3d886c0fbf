import Compute
import Foundation
import Identity

/// A request whose caller, route and version are known.
struct APIRequest: Sendable {
    let call: APICall
    let route: RouteTable.Match
    let credentials: Credentials
    /// As the policy has it.
    let isAdministrator: Bool
    let version: Microversion
    let links: Links
    /// The id under which it is made: its own, or that of an earlier one which it repeats.
    var id: String

    init(
        call: APICall,
        route: RouteTable.Match,
        credentials: Credentials,
        isAdministrator: Bool,
        version: Microversion,
        links: Links
    ) {
        self.call = call
        self.route = route
        self.credentials = credentials
        self.isAdministrator = isAdministrator
        self.version = version
        self.links = links
        id = call.id
    }

    var query: Query { call.target.query }

    /// Whose servers the caller can reach by id.
    var scope: Scope { isAdministrator ? .all : .project(credentials.projectID) }

    /// What is known of a server that the caller reaches, before it is read.
    var reachableTarget: PolicyTarget {
        isAdministrator ? PolicyTarget() : PolicyTarget(projectID: credentials.projectID)
    }

    var caller: Caller {
        Caller(userID: credentials.userID, projectID: credentials.projectID, scope: scope)
    }

    /// The server in the URL, as it stands there.
    var serverText: String { route.parameters[0] }

    /// - Throws: ``APIFault`` `.notFound` when the URL's server cannot be one.
    func serverID() throws(APIFault) -> UUID {
        guard let id = UUID(canonical: serverText) else { throw .unknownServer(serverText) }
        return id
    }

    /// - Throws: ``APIFault`` `.badRequest` when the URL names another project than the token, for administrators too.
    func checkProject() throws(APIFault) {
        guard let project = route.projectID, project != credentials.projectID else { return }
        throw APIFault(
            .badRequest,
            "Malformed request URL: URL's project_id '\(project)' doesn't match Context's project_id "
                + "'\(credentials.projectID)'"
        )
    }
}
