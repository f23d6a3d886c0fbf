/// Whole answers of a running Nova about one server, with ids and times replaced by names in angle brackets.
extension NovaSample {
    /// A soft-deleted server, at 2.1.
    static let softDeletedMember = NovaSample(
        #"""
        {"status": 200, "headers": {"content-type": "application/json", "openstack-api-version": "compute 2.1", \#
        "x-openstack-nova-api-version": "2.1", "vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version", \#
        "x-compute-request-id": "<REQ>", "x-openstack-request-id": "<REQ>", "_request_ids_equal": true, \#
        "_content_length_matches": true}, "body": {"server": {"accessIPv4": "", "accessIPv6": "", "addresses": {}, \#
        "created": "<TS_Z>", "flavor": {"id": "1", "links": [{"rel": "bookmark", "href": "<BASE>/flavors/1"}]}, \#
        "hostId": "<HOSTID>", "id": "<ID>", "image": {"id": "<UUID>", "links": [{"rel": "bookmark", "href": \#
        "<BASE>/images/<UUID>"}]}, "links": [{"rel": "self", "href": "<BASE>/v2.1/servers/<ID>"}, {"rel": \#
        "bookmark", "href": "<BASE>/servers/<ID>"}], "metadata": {}, "name": "srv", "status": "SOFT_DELETED", \#
        "tenant_id": "<PROJECT_A>", "user_id": "<HEX32>", "updated": "<TS_Z>", "OS-DCF:diskConfig": "MANUAL", \#
        "OS-EXT-AZ:availability_zone": "nova", "config_drive": "", "key_name": null, "OS-SRV-USG:launched_at": \#
        "<TS_US>", "OS-SRV-USG:terminated_at": null, "OS-EXT-STS:task_state": null, "OS-EXT-STS:vm_state": \#
        "soft-delete", "OS-EXT-STS:power_state": 4, "os-extended-volumes:volumes_attached": []}}}
        """#
    )

    /// The same at 2.47.
    static let softDeletedMember247 = NovaSample(
        #"""
        {"status": 200, "headers": {"content-type": "application/json", "openstack-api-version": "compute 2.47", \#
        "x-openstack-nova-api-version": "2.47", "vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version", \#
        "x-compute-request-id": "<REQ>", "x-openstack-request-id": "<REQ>", "_request_ids_equal": true, \#
        "_content_length_matches": true}, "body": {"server": {"accessIPv4": "", "accessIPv6": "", "addresses": {}, \#
        "created": "<TS_Z>", "flavor": {"vcpus": 1, "ram": 512, "disk": 1, "ephemeral": 0, "swap": 0, \#
        "original_name": "m1.tiny", "extra_specs": {}}, "hostId": "<HOSTID>", "id": "<ID>", "image": {"id": \#
        "<UUID>", "links": [{"rel": "bookmark", "href": "<BASE>/images/<UUID>"}]}, "links": [{"rel": "self", "href": \#
        "<BASE>/v2.1/servers/<ID>"}, {"rel": "bookmark", "href": "<BASE>/servers/<ID>"}], "metadata": {}, "name": \#
        "srv", "status": "SOFT_DELETED", "tenant_id": "<PROJECT_A>", "user_id": "<HEX32>", "updated": "<TS_Z>", \#
        "OS-DCF:diskConfig": "MANUAL", "OS-EXT-AZ:availability_zone": "nova", "config_drive": "", "key_name": null, \#
        "OS-SRV-USG:launched_at": "<TS_US>", "OS-SRV-USG:terminated_at": null, "OS-EXT-STS:task_state": null, \#
        "OS-EXT-STS:vm_state": "soft-delete", "OS-EXT-STS:power_state": 4, "os-extended-volumes:volumes_attached": \#
        [], "locked": false, "description": null, "tags": []}}}
        """#
    )

    /// The same at 2.96.
    static let softDeletedMember296 = NovaSample(
        #"""
        {"status": 200, "headers": {"content-type": "application/json", "openstack-api-version": "compute 2.96", \#
        "x-openstack-nova-api-version": "2.96", "vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version", \#
        "x-compute-request-id": "<REQ>", "x-openstack-request-id": "<REQ>", "_request_ids_equal": true, \#
        "_content_length_matches": true}, "body": {"server": {"accessIPv4": "", "accessIPv6": "", "addresses": {}, \#
        "created": "<TS_Z>", "flavor": {"vcpus": 1, "ram": 512, "disk": 1, "ephemeral": 0, "swap": 0, \#
        "original_name": "m1.tiny", "extra_specs": {}}, "hostId": "<HOSTID>", "id": "<ID>", "image": {"id": \#
        "<UUID>", "links": [{"rel": "bookmark", "href": "<BASE>/images/<UUID>"}]}, "links": [{"rel": "self", "href": \#
        "<BASE>/v2.1/servers/<ID>"}, {"rel": "bookmark", "href": "<BASE>/servers/<ID>"}], "metadata": {}, "name": \#
        "srv", "status": "SOFT_DELETED", "tenant_id": "<PROJECT_A>", "user_id": "<HEX32>", "updated": "<TS_Z>", \#
        "OS-DCF:diskConfig": "MANUAL", "OS-EXT-AZ:availability_zone": "nova", "config_drive": "", "key_name": null, \#
        "OS-SRV-USG:launched_at": "<TS_US>", "OS-SRV-USG:terminated_at": null, "OS-EXT-STS:task_state": null, \#
        "OS-EXT-STS:vm_state": "soft-delete", "OS-EXT-STS:power_state": 4, "os-extended-volumes:volumes_attached": \#
        [], "locked": false, "description": null, "tags": [], "trusted_image_certificates": null, "server_groups": \#
        [], "locked_reason": null, "OS-EXT-SRV-ATTR:hostname": "srv", "pinned_availability_zone": null}}}
        """#
    )

    /// A server that is being restored.
    static let restoring = NovaSample(
        #"""
        {"status": 200, "headers": {"content-type": "application/json", "openstack-api-version": "compute 2.1", \#
        "x-openstack-nova-api-version": "2.1", "vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version", \#
        "x-compute-request-id": "<REQ>", "x-openstack-request-id": "<REQ>", "_request_ids_equal": true, \#
        "_content_length_matches": true}, "body": {"server": {"accessIPv4": "", "accessIPv6": "", "addresses": {}, \#
        "created": "<TS_Z>", "flavor": {"id": "1", "links": [{"rel": "bookmark", "href": "<BASE>/flavors/1"}]}, \#
        "hostId": "<HOSTID>", "id": "<ID>", "image": {"id": "<UUID>", "links": [{"rel": "bookmark", "href": \#
        "<BASE>/images/<UUID>"}]}, "links": [{"rel": "self", "href": "<BASE>/v2.1/servers/<ID>"}, {"rel": \#
        "bookmark", "href": "<BASE>/servers/<ID>"}], "metadata": {}, "name": "srv", "status": "SOFT_DELETED", \#
        "tenant_id": "<PROJECT_A>", "user_id": "<HEX32>", "updated": "<TS_Z>", "OS-DCF:diskConfig": "MANUAL", \#
        "OS-EXT-AZ:availability_zone": "nova", "config_drive": "", "key_name": null, "OS-SRV-USG:launched_at": \#
        "<TS_US>", "OS-SRV-USG:terminated_at": null, "OS-EXT-STS:task_state": "restoring", "OS-EXT-STS:vm_state": \#
        "soft-delete", "OS-EXT-STS:power_state": 4, "os-extended-volumes:volumes_attached": []}}}
        """#
    )

    /// A live server.
    static let active = NovaSample(
        #"""
        {"status": 200, "headers": {"content-type": "application/json", "openstack-api-version": "compute 2.1", \#
        "x-openstack-nova-api-version": "2.1", "vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version", \#
        "x-compute-request-id": "<REQ>", "x-openstack-request-id": "<REQ>", "_request_ids_equal": true, \#
        "_content_length_matches": true}, "body": {"server": {"accessIPv4": "", "accessIPv6": "", "addresses": {}, \#
        "created": "<TS_Z>", "flavor": {"id": "1", "links": [{"rel": "bookmark", "href": "<BASE>/flavors/1"}]}, \#
        "hostId": "<HOSTID>", "id": "<ID>", "image": {"id": "<UUID>", "links": [{"rel": "bookmark", "href": \#
        "<BASE>/images/<UUID>"}]}, "links": [{"rel": "self", "href": "<BASE>/v2.1/servers/<ID>"}, {"rel": \#
        "bookmark", "href": "<BASE>/servers/<ID>"}], "metadata": {}, "name": "srv", "status": "ACTIVE", "tenant_id": \#
        "<PROJECT_A>", "user_id": "<HEX32>", "updated": "<TS_Z>", "OS-DCF:diskConfig": "MANUAL", "progress": 0, \#
        "OS-EXT-AZ:availability_zone": "nova", "config_drive": "", "key_name": null, "OS-SRV-USG:launched_at": \#
        "<TS_US>", "OS-SRV-USG:terminated_at": null, "OS-EXT-STS:task_state": null, "OS-EXT-STS:vm_state": "active", \#
        "OS-EXT-STS:power_state": 1, "os-extended-volumes:volumes_attached": []}}}
        """#
    )

    /// A locked server, at 2.73.
    static let lockedWithReason = NovaSample(
        #"""
        {"status": 200, "headers": {"content-type": "application/json", "openstack-api-version": "compute 2.73", \#
        "x-openstack-nova-api-version": "2.73", "vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version", \#
        "x-compute-request-id": "<REQ>", "x-openstack-request-id": "<REQ>", "_request_ids_equal": true, \#
        "_content_length_matches": true}, "body": {"server": {"accessIPv4": "", "accessIPv6": "", "addresses": {}, \#
        "created": "<TS_Z>", "flavor": {"vcpus": 1, "ram": 512, "disk": 1, "ephemeral": 0, "swap": 0, \#
        "original_name": "m1.tiny", "extra_specs": {}}, "hostId": "<HOSTID>", "id": "<ID>", "image": {"id": \#
        "<UUID>", "links": [{"rel": "bookmark", "href": "<BASE>/images/<UUID>"}]}, "links": [{"rel": "self", "href": \#
        "<BASE>/v2.1/servers/<ID>"}, {"rel": "bookmark", "href": "<BASE>/servers/<ID>"}], "metadata": {}, "name": \#
        "srv", "status": "SOFT_DELETED", "tenant_id": "<PROJECT_A>", "user_id": "<HEX32>", "updated": "<TS_Z>", \#
        "OS-DCF:diskConfig": "MANUAL", "OS-EXT-AZ:availability_zone": "nova", "config_drive": "", "key_name": null, \#
        "OS-SRV-USG:launched_at": "<TS_US>", "OS-SRV-USG:terminated_at": null, "OS-EXT-STS:task_state": null, \#
        "OS-EXT-STS:vm_state": "soft-delete", "OS-EXT-STS:power_state": 4, "os-extended-volumes:volumes_attached": \#
        [], "locked": true, "description": null, "tags": [], "trusted_image_certificates": null, "server_groups": \#
        [], "locked_reason": "because"}}}
        """#
    )

    /// The answer to an accepted restore.
    static let restoreAccepted = NovaSample(
        #"""
        {"status": 202, "headers": {"content-type": "application/json", "openstack-api-version": "compute 2.1", \#
        "x-openstack-nova-api-version": "2.1", "vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version", \#
        "x-compute-request-id": "<REQ>", "x-openstack-request-id": "<REQ>", "_request_ids_equal": true, \#
        "_content_length_matches": true}, "body": ""}
        """#
    )

    /// A restore of a live server.
    static let restoreOfActive = NovaSample(
        #"""
        {"status": 409, "headers": {"content-type": "application/json; charset=UTF-8", "openstack-api-version": \#
        "compute 2.1", "x-openstack-nova-api-version": "2.1", "vary": "OpenStack-API-Version, \#
        X-OpenStack-Nova-API-Version", "x-compute-request-id": "<REQ>", "x-openstack-request-id": "<REQ>", \#
        "_request_ids_equal": true, "_content_length_matches": true}, "body": {"conflictingRequest": {"code": 409, \#
        "message": "Cannot 'restore' instance <ID> while it is in vm_state active"}}}
        """#
    )

    /// A request without a token.
    static let noToken = NovaSample(
        #"""
        {"status": 401, "headers": {"content-type": "application/json", "x-compute-request-id": "<REQ>", \#
        "x-openstack-request-id": "<REQ>", "www-authenticate": "Keystone uri=\"http://127.0.0.1:5000\"", \#
        "_request_ids_equal": true, "_content_length_matches": true}, "body": {"error": {"code": 401, "title": \#
        "Unauthorized", "message": "The request you have made requires authentication."}}}
        """#
    )

    /// `GET /`.
    static let versions = NovaSample(
        #"""
        {"status": 200, "headers": {"content-type": "application/json", "_request_ids_equal": null, \#
        "_content_length_matches": true}, "body": {"versions": [{"id": "v2.0", "status": "DEPRECATED", "version": \#
        "", "min_version": "", "updated": "2011-01-21T11:33:21Z", "links": [{"rel": "self", "href": \#
        "<BASE>/v2/"}]}, {"id": \#
        "v2.1", "status": "CURRENT", "version": "2.96", "min_version": "2.1", "updated": \#
        "2013-07-23T11:33:21Z", "links": [{"rel": \#
        "self", "href": "<BASE>/v2.1/"}]}]}}
        """#
    )

    /// `GET /v2.1`.
    static let version21 = NovaSample(
        #"""
        {"status": 200, "headers": {"content-type": "application/json", "openstack-api-version": "compute 2.1", \#
        "x-openstack-nova-api-version": "2.1", "vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version", \#
        "x-compute-request-id": "<REQ>", "x-openstack-request-id": "<REQ>", "_request_ids_equal": true, \#
        "_content_length_matches": true}, "body": {"version": {"id": "v2.1", "status": "CURRENT", "version": "2.96", \#
        "min_version": "2.1", "updated": "2013-07-23T11:33:21Z", "links": [{"rel": "self", "href": \#
        "<BASE>/v2.1/"}, {"rel": \#
        "describedby", "type": "text/html", "href": "http://docs.openstack.org/"}], "media-types": [{"base": \#
        "application/json", "type": "application/vnd.openstack.compute+json;version=2.1"}]}}}
        """#
    )

    /// A path that leads nowhere.
    static let choices = NovaSample(
        #"""
        {"status": 300, "headers": {"content-type": "application/json", "_request_ids_equal": null, \#
        "_content_length_matches": true}, "body": {"choices": [{"id": "v2.0", "status": "DEPRECATED", "links": \#
        [{"rel": "self", "href": "<BASE>/v2/v3"}], "media-types": [{"base": "application/json", "type": \#
        "application/vnd.openstack.compute+json;version=2"}]}, {"id": "v2.1", "status": "CURRENT", "links": [{"rel": \#
        "self", "href": "<BASE>/v2.1/v3"}], "media-types": [{"base": "application/json", "type": \#
        "application/vnd.openstack.compute+json;version=2.1"}]}]}}
        """#
    )
}
