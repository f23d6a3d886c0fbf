import HTTPTypes

/// Nova's routes that we do not have, and why.
extension RouteTable {
    static let absent =
        [
            Route(.post, "servers", absence("servers are created by whoever runs the hosts, and adopted")),
            Route(nil, "flavors/*", absence("a flavor is kept with each server")),
            Route(nil, "os-quota-class-sets/*", absence("the default quota is a setting")),
            Route(.delete, "os-services/{id}", absence("a host is forgotten when nothing is left of it")),
        ] + partsOfServers + collections

    private static func absence(_ reason: String) -> Endpoint {
        .absent(reason: reason)
    }

    private static let notOurs = absence("it is no part of deleting and restoring servers")

    private static let partsOfServers = [
        Route(nil, "servers/{id}/metadata/*", notOurs),
        Route(nil, "servers/{id}/tags/*", notOurs),
        Route(nil, "servers/{id}/ips/*", notOurs),
        Route(nil, "servers/{id}/diagnostics", notOurs),
        Route(nil, "servers/{id}/migrations/*", notOurs),
        Route(nil, "servers/{id}/topology", notOurs),
        Route(nil, "servers/{id}/remote-consoles/*", notOurs),
        Route(nil, "servers/{id}/os-interface/*", notOurs),
        Route(nil, "servers/{id}/os-security-groups", notOurs),
        Route(nil, "servers/{id}/os-server-password", notOurs),
        Route(nil, "servers/{id}/os-virtual-interfaces", notOurs),
        Route(nil, "servers/{id}/shares/*", notOurs),
        Route(nil, "servers/{id}/consoles/*", notOurs),
        Route(nil, "servers/{id}/os-volume_attachments/*", notOurs),
    ]

    private static let collections = [
        Route(nil, "extensions/*", notOurs),
        Route(nil, "images/*", notOurs),
        Route(nil, "os-agents/*", notOurs),
        Route(nil, "os-aggregates/*", notOurs),
        Route(nil, "os-assisted-volume-snapshots/*", notOurs),
        Route(nil, "os-availability-zone/*", notOurs),
        Route(nil, "os-baremetal-nodes/*", notOurs),
        Route(nil, "os-cells/*", notOurs),
        Route(nil, "os-certificates/*", notOurs),
        Route(nil, "os-cloudpipe/*", notOurs),
        Route(nil, "os-console-auth-tokens/*", notOurs),
        Route(nil, "os-fixed-ips/*", notOurs),
        Route(nil, "os-floating-ip-dns/*", notOurs),
        Route(nil, "os-floating-ip-pools/*", notOurs),
        Route(nil, "os-floating-ips-bulk/*", notOurs),
        Route(nil, "os-floating-ips/*", notOurs),
        Route(nil, "os-fping/*", notOurs),
        Route(nil, "os-hosts/*", notOurs),
        Route(nil, "os-hypervisors/*", notOurs),
        Route(nil, "os-instance-usage-audit-log/*", notOurs),
        Route(nil, "os-instance_usage_audit_log/*", notOurs),
        Route(nil, "os-keypairs/*", notOurs),
        Route(nil, "os-migrations/*", notOurs),
        Route(nil, "os-networks/*", notOurs),
        Route(nil, "os-security-group-default-rules/*", notOurs),
        Route(nil, "os-security-group-rules/*", notOurs),
        Route(nil, "os-security-groups/*", notOurs),
        Route(nil, "os-server-external-events/*", notOurs),
        Route(nil, "os-server-groups/*", notOurs),
        Route(nil, "os-simple-tenant-usage/*", notOurs),
        Route(nil, "os-snapshots/*", notOurs),
        Route(nil, "os-tenant-networks/*", notOurs),
        Route(nil, "os-virtual-interfaces/*", notOurs),
        Route(nil, "os-volumes/*", notOurs),
        Route(nil, "os-volumes_boot/*", notOurs),
    ]
}
