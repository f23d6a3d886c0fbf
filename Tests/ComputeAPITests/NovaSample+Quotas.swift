// Answers about quotas and limits that Nova 34.0.0 gave, with ids and times replaced.

extension NovaSample {
    static let quotaMember257 = NovaSample(
        #"""
        {
          "status": 200,
          "headers": {
            "content-type": "application/json",
            "openstack-api-version": "compute 2.57",
            "x-openstack-nova-api-version": "2.57",
            "vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version",
            "x-compute-request-id": "<REQ>",
            "x-openstack-request-id": "<REQ>",
            "_request_ids_equal": true,
            "_content_length_matches": true
          },
          "body": {
            "quota_set": {
              "id": "<PROJECT_A>",
              "cores": 20,
              "instances": 10,
              "key_pairs": 100,
              "metadata_items": 128,
              "ram": 51200,
              "server_group_members": 10,
              "server_groups": 10
            }
          }
        }
        """#
    )

    static let quotaDetailMember = NovaSample(
        #"""
        {
          "status": 200,
          "headers": {
            "content-type": "application/json",
            "openstack-api-version": "compute 2.1",
            "x-openstack-nova-api-version": "2.1",
            "vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version",
            "x-compute-request-id": "<REQ>",
            "x-openstack-request-id": "<REQ>",
            "_request_ids_equal": true,
            "_content_length_matches": true
          },
          "body": {
            "quota_set": {
              "id": "<PROJECT_A>",
              "cores": {
                "limit": 20,
                "in_use": 0,
                "reserved": 0
              },
              "fixed_ips": {
                "limit": -1,
                "in_use": 0,
                "reserved": 0
              },
              "floating_ips": {
                "limit": -1,
                "in_use": 0,
                "reserved": 0
              },
              "injected_file_content_bytes": {
                "limit": 10240,
                "in_use": 0,
                "reserved": 0
              },
              "injected_file_path_bytes": {
                "limit": 255,
                "in_use": 0,
                "reserved": 0
              },
              "injected_files": {
                "limit": 5,
                "in_use": 0,
                "reserved": 0
              },
              "instances": {
                "limit": 10,
                "in_use": 0,
                "reserved": 0
              },
              "key_pairs": {
                "limit": 100,
                "in_use": 0,
                "reserved": 0
              },
              "metadata_items": {
                "limit": 128,
                "in_use": 0,
                "reserved": 0
              },
              "ram": {
                "limit": 51200,
                "in_use": 0,
                "reserved": 0
              },
              "security_group_rules": {
                "limit": -1,
                "in_use": 0,
                "reserved": 0
              },
              "security_groups": {
                "limit": -1,
                "in_use": 0,
                "reserved": 0
              },
              "server_group_members": {
                "limit": 10,
                "in_use": 0,
                "reserved": 0
              },
              "server_groups": {
                "limit": 10,
                "in_use": 0,
                "reserved": 0
              }
            }
          }
        }
        """#
    )

    static let quotaPut = NovaSample(
        #"""
        {
          "status": 200,
          "headers": {
            "content-type": "application/json",
            "openstack-api-version": "compute 2.1",
            "x-openstack-nova-api-version": "2.1",
            "vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version",
            "x-compute-request-id": "<REQ>",
            "x-openstack-request-id": "<REQ>",
            "_request_ids_equal": true,
            "_content_length_matches": true
          },
          "body": {
            "quota_set": {
              "cores": 20,
              "fixed_ips": -1,
              "floating_ips": -1,
              "injected_file_content_bytes": 10240,
              "injected_file_path_bytes": 255,
              "injected_files": 5,
              "instances": 5,
              "key_pairs": 100,
              "metadata_items": 128,
              "ram": 51200,
              "security_group_rules": -1,
              "security_groups": -1,
              "server_group_members": 10,
              "server_groups": 10
            }
          }
        }
        """#
    )

    static let quotaAfterPut = NovaSample(
        #"""
        {
          "status": 200,
          "headers": {
            "content-type": "application/json",
            "openstack-api-version": "compute 2.1",
            "x-openstack-nova-api-version": "2.1",
            "vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version",
            "x-compute-request-id": "<REQ>",
            "x-openstack-request-id": "<REQ>",
            "_request_ids_equal": true,
            "_content_length_matches": true
          },
          "body": {
            "quota_set": {
              "id": "<PROJECT_A>",
              "cores": 20,
              "fixed_ips": -1,
              "floating_ips": -1,
              "injected_file_content_bytes": 10240,
              "injected_file_path_bytes": 255,
              "injected_files": 5,
              "instances": 5,
              "key_pairs": 100,
              "metadata_items": 128,
              "ram": 51200,
              "security_group_rules": -1,
              "security_groups": -1,
              "server_group_members": 10,
              "server_groups": 10
            }
          }
        }
        """#
    )

    static let limitsMember257 = NovaSample(
        #"""
        {
          "status": 200,
          "headers": {
            "content-type": "application/json",
            "openstack-api-version": "compute 2.57",
            "x-openstack-nova-api-version": "2.57",
            "vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version",
            "x-compute-request-id": "<REQ>",
            "x-openstack-request-id": "<REQ>",
            "_request_ids_equal": true,
            "_content_length_matches": true
          },
          "body": {
            "limits": {
              "rate": [],
              "absolute": {
                "maxTotalCores": 20,
                "maxTotalInstances": 10,
                "maxTotalKeypairs": 100,
                "maxServerMeta": 128,
                "maxTotalRAMSize": 51200,
                "maxServerGroups": 10,
                "maxServerGroupMembers": 10,
                "totalRAMUsed": 0,
                "totalCoresUsed": 0,
                "totalInstancesUsed": 0,
                "totalServerGroupsUsed": 0
              }
            }
          }
        }
        """#
    )
}
