import Compute
import HTTPTypes
import Identity

/// Quotas and limits.
extension ComputeAPI {
    func showQuota(_ request: APIRequest, isDetailed: Bool) async throws -> Answer {
        try request.allowQuery(["user_id"])
        let project = request.route.parameters[0]
        try check(isDetailed ? .showQuotaDetail : .showQuota, request, on: PolicyTarget(projectID: project))
        let quota = try await readQuota(of: project)
        let fields = QuotaFields.fields(at: request.version).map { field in
            let (limit, used) = (field.number(quota.limits), field.isOurs ? field.number(quota.used) : 0)
            let value: JSON =
                isDetailed
                ? ["limit": .integer(limit), "in_use": .integer(used), "reserved": 0] : .integer(limit)
            return JSONMember(name: field.name, value: value)
        }
        return reply(request, ["quota_set": .object([JSONMember(name: "id", value: .string(project))] + fields)])
    }

    func showDefaultQuota(_ request: APIRequest) async throws -> Answer {
        let project = request.route.parameters[0]
        try check(.showQuotaDefaults, request, on: PolicyTarget(projectID: project))
        let id = JSONMember(name: "id", value: .string(project))
        return reply(request, ["quota_set": .object([id] + limits(try await readQuota(of: nil), request))])
    }

    func updateQuota(_ request: APIRequest) async throws -> Answer {
        try request.allowQuery(["user_id"])
        let change = try quotaChange(request)
        let project = request.route.parameters[0]
        try check(.updateQuota, request, on: PolicyTarget(projectID: project))
        try refuseOthers(request)
        guard project.count <= 255 else {
            throw APIFault(.badRequest, "The id of a project has 255 characters at most.")
        }
        let conflicts = try await servers.setQuota(change, of: project)
        let sent = BodyText(request.call.body).sorted(conflicts.map(\.resource))
        if let conflict = conflicts.first(where: { $0.resource == sent.first }) {
            throw APIFault(
                .badRequest,
                "Quota limit \(conflict.limit) for \(conflict.resource) must be greater than or equal to already used "
                    + "and reserved \(conflict.used)."
            )
        }
        let quota = try await Persistence.afterChange { try await readQuota(of: project) }
        return reply(request, ["quota_set": .object(limits(quota, request))])
    }

    func resetQuota(_ request: APIRequest) async throws -> Answer {
        try request.allowQuery(["user_id"])
        let project = request.route.parameters[0]
        try check(.deleteQuota, request, on: PolicyTarget(projectID: project))
        try await servers.resetQuota(of: project)
        return .empty(.accepted)
    }

    func showLimits(_ request: APIRequest) async throws -> Answer {
        try request.allowQuery(["tenant_id"])
        try check(.showLimits, request)
        let project = request.query["tenant_id"] ?? request.credentials.projectID
        if project != request.credentials.projectID {
            try check(.showLimitsOfOtherProject, request, on: PolicyTarget(projectID: project))
        }
        let quota = try await readQuota(of: project)
        return reply(
            request,
            ["limits": ["rate": [], "absolute": QuotaFields.limits(quota, at: request.version)]]
        )
    }

    private func quotaChange(_ request: APIRequest) throws(APIFault) -> QuotaChange {
        let body = try BodyObject(request.call.body, under: "quota_set")
        let change = QuotaChange(
            instances: try body.integer("instances", from: -1),
            cores: try body.integer("cores", from: -1),
            ram: try body.integer("ram", from: -1),
            isForced: try body.boolean("force") ?? false
        )
        let names = QuotaFields.fields(at: request.version).map(\.name)
        for name in names { _ = try body.integer(name, from: -1) }
        try body.allow(Set(names + ["force"]))
        return change
    }

    /// Of other resources Reprieve keeps no quota: only what it says of them anyway can be set.
    private func refuseOthers(_ request: APIRequest) throws(APIFault) {
        let body = try BodyObject(request.call.body, under: "quota_set")
        for field in QuotaFields.fields(at: request.version) where !field.isOurs {
            guard let wish = try body.integer(field.name, from: -1) else { continue }
            guard wish != field.number(Resources(instances: 0, cores: 0, ram: 0)) else { continue }
            throw APIFault(
                .notImplemented,
                "The quota of \(field.name) is not implemented: Reprieve keeps quotas of instances, cores and ram."
            )
        }
    }

    private func limits(_ quota: Quota, _ request: APIRequest) -> [JSONMember] {
        QuotaFields.fields(at: request.version).map {
            JSONMember(name: $0.name, value: .integer($0.number(quota.limits)))
        }
    }

    private func readQuota(of project: String?) async throws -> Quota {
        try await Persistence(patience: settings.patience).read { try await servers.quota(of: project) }
    }
}

extension APIRequest {
    /// What Nova's schemas say of a query, before anybody is asked who may: up to 2.74 anything goes.
    /// - Throws: ``APIFault`` `.badRequest` for a name that is none of these.
    func allowQuery(_ names: [String]) throws(APIFault) {
        if version >= Microversion(2, 75) { try query.allow(names) }
    }
}
