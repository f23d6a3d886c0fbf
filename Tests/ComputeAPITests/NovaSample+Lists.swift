/// Whole answers of a running Nova about lists and actions.
extension NovaSample {
    /// A plain list.
    static let list = NovaSample(
        #"""
        {"status": 200, "headers": {"content-type": "application/json", "openstack-api-version": "compute 2.1", \#
        "x-openstack-nova-api-version": "2.1", "vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version", \#
        "x-compute-request-id": "<REQ>", "x-openstack-request-id": "<REQ>", "_request_ids_equal": true, \#
        "_content_length_matches": true}, "body": {"servers": [{"id": "<ID2>", "name": "act", "links": [{"rel": \#
        "self", "href": "<BASE>/v2.1/servers/<ID2>"}, {"rel": "bookmark", "href": "<BASE>/servers/<ID2>"}]}]}}
        """#
    )

    /// A full page.
    static let listOfOne = NovaSample(
        #"""
        {"status": 200, "headers": {"content-type": "application/json", "openstack-api-version": "compute 2.1", \#
        "x-openstack-nova-api-version": "2.1", "vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version", \#
        "x-compute-request-id": "<REQ>", "x-openstack-request-id": "<REQ>", "_request_ids_equal": true, \#
        "_content_length_matches": true}, "body": {"servers": [{"id": "<ID2>", "name": "act", "links": [{"rel": \#
        "self", "href": "<BASE>/v2.1/servers/<ID2>"}, {"rel": "bookmark", "href": "<BASE>/servers/<ID2>"}]}], \#
        "servers_links": [{"rel": "next", "href": "<BASE>/v2.1/servers?limit=1&marker=<ID2>"}]}}
        """#
    )

    /// A list with details.
    static let listDetail = NovaSample(
        #"""
        {"status": 200, "headers": {"content-type": "application/json", "openstack-api-version": "compute 2.1", \#
        "x-openstack-nova-api-version": "2.1", "vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version", \#
        "x-compute-request-id": "<REQ>", "x-openstack-request-id": "<REQ>", "_request_ids_equal": true, \#
        "_content_length_matches": true}, "body": {"servers": [{"accessIPv4": "", "accessIPv6": "", "addresses": {}, \#
        "created": "<TS_Z>", "flavor": {"id": "1", "links": [{"rel": "bookmark", "href": "<BASE>/flavors/1"}]}, \#
        "hostId": "<HOSTID>", "id": "<ID2>", "image": {"id": "<UUID>", "links": [{"rel": "bookmark", "href": \#
        "<BASE>/images/<UUID>"}]}, "links": [{"rel": "self", "href": "<BASE>/v2.1/servers/<ID2>"}, {"rel": \#
        "bookmark", "href": "<BASE>/servers/<ID2>"}], "metadata": {}, "name": "act", "status": "ACTIVE", \#
        "tenant_id": "<PROJECT_A>", "user_id": "<HEX32>", "updated": "<TS_Z>", "OS-DCF:diskConfig": "MANUAL", \#
        "progress": 0, "OS-EXT-AZ:availability_zone": "nova", "config_drive": "", "key_name": null, \#
        "OS-SRV-USG:launched_at": "<TS_US>", "OS-SRV-USG:terminated_at": null, "OS-EXT-STS:task_state": null, \#
        "OS-EXT-STS:vm_state": "active", "OS-EXT-STS:power_state": 1, "os-extended-volumes:volumes_attached": []}]}}
        """#
    )

    /// What was asked of a server, at 2.1.
    static let actions = NovaSample(
        #"""
        {"status": 200, "headers": {"content-type": "application/json", "openstack-api-version": "compute 2.1", \#
        "x-openstack-nova-api-version": "2.1", "vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version", \#
        "x-compute-request-id": "<REQ>", "x-openstack-request-id": "<REQ>", "_request_ids_equal": true, \#
        "_content_length_matches": true}, "body": {"instanceActions": [{"action": "restore", "instance_uuid": \#
        "<ID>", "request_id": "<REQ2>", "user_id": "<HEX32>", "project_id": "<PROJECT_A>", "start_time": "<TS_US>", \#
        "message": null}, {"action": "delete", "instance_uuid": "<ID>", "request_id": "<REQ0>", "user_id": \#
        "<HEX32>", "project_id": "<PROJECT_A>", "start_time": "<TS_US>", "message": null}, {"action": "create", \#
        "instance_uuid": "<ID>", "request_id": "<REQ>", "user_id": "<HEX32>", "project_id": "<PROJECT_A>", \#
        "start_time": "<TS_US>", "message": null}]}}
        """#
    )

    /// The same at a late version.
    static let actionsLatest = NovaSample(
        #"""
        {"status": 200, "headers": {"content-type": "application/json", "openstack-api-version": "compute 2.96", \#
        "x-openstack-nova-api-version": "2.96", "vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version", \#
        "x-compute-request-id": "<REQ>", "x-openstack-request-id": "<REQ>", "_request_ids_equal": true, \#
        "_content_length_matches": true}, "body": {"instanceActions": [{"action": "restore", "instance_uuid": \#
        "<ID>", "request_id": "<REQ2>", "user_id": "<HEX32>", "project_id": "<PROJECT_A>", "start_time": "<TS_US>", \#
        "message": null, "updated_at": "<TS_US>"}, {"action": "delete", "instance_uuid": "<ID>", "request_id": \#
        "<REQ0>", "user_id": "<HEX32>", "project_id": "<PROJECT_A>", "start_time": "<TS_US>", "message": null, \#
        "updated_at": "<TS_US>"}, {"action": "create", "instance_uuid": "<ID>", "request_id": "<REQ>", "user_id": \#
        "<HEX32>", "project_id": "<PROJECT_A>", "start_time": "<TS_US>", "message": null, "updated_at": \#
        "<TS_US>"}]}}
        """#
    )

    /// A restore that went well, for a member at 2.51.
    static let actionMember251 = NovaSample(
        #"""
        {"status": 200, "headers": {"content-type": "application/json", "openstack-api-version": "compute 2.51", \#
        "x-openstack-nova-api-version": "2.51", "vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version", \#
        "x-compute-request-id": "<REQ>", "x-openstack-request-id": "<REQ>", "_request_ids_equal": true, \#
        "_content_length_matches": true}, "body": {"instanceAction": {"action": "restore", "instance_uuid": "<ID>", \#
        "request_id": "<REQ2>", "user_id": "<HEX32>", "project_id": "<PROJECT_A>", "start_time": "<TS_US>", \#
        "message": null, "events": [{"event": "compute_restore_instance", "start_time": "<TS_US>", "finish_time": \#
        "<TS_US>", "result": "Success"}]}}}
        """#
    )

    /// The same for an administrator at a late version.
    static let actionAdministrator = NovaSample(
        #"""
        {"status": 200, "headers": {"content-type": "application/json", "openstack-api-version": "compute 2.96", \#
        "x-openstack-nova-api-version": "2.96", "vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version", \#
        "x-compute-request-id": "<REQ>", "x-openstack-request-id": "<REQ>", "_request_ids_equal": true, \#
        "_content_length_matches": true}, "body": {"instanceAction": {"action": "restore", "instance_uuid": "<ID>", \#
        "request_id": "<REQ2>", "user_id": "<HEX32>", "project_id": "<PROJECT_A>", "start_time": "<TS_US>", \#
        "message": null, "updated_at": "<TS_US>", "events": [{"event": "compute_restore_instance", "start_time": \#
        "<TS_US>", "finish_time": "<TS_US>", "result": "Success", "traceback": null, "host": "compute", "hostId": \#
        "<HOSTID>", "details": null}]}}}
        """#
    )

    /// A restore that failed.
    static let failedActionAdministrator = NovaSample(
        #"""
        {"status": 200, "headers": {"content-type": "application/json", "openstack-api-version": "compute 2.96", \#
        "x-openstack-nova-api-version": "2.96", "vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version", \#
        "x-compute-request-id": "<REQ>", "x-openstack-request-id": "<REQ>", "_request_ids_equal": true, \#
        "_content_length_matches": true}, "body": {"instanceAction": {"action": "restore", "instance_uuid": "<ID>", \#
        "request_id": "<REQ1>", "user_id": "<HEX32>", "project_id": "<PROJECT_A>", "start_time": "<TS_US>", \#
        "message": "Error", "updated_at": "<TS_US>", "events": [{"event": "compute_restore_instance", "start_time": \#
        "<TS_US>", "finish_time": "<TS_US>", "result": "Error", "traceback": "<TRACEBACK>", "host": "compute", \#
        "hostId": "<HOSTID>", "details": "Failed to power on instance: injected"}]}}}
        """#
    )
}
