/// One SQL file of the schema, as it was when this program was built.
package struct SchemaFile: Sendable {
    /// Its name without the ending; unique over migrations and functions.
    package let name: String
    /// Its statements, as they are sent.
    package let text: String

    init(_ name: String, _ bytes: [UInt8]) {
        self.name = name
        text = String(decoding: bytes, as: UTF8.self)
    }
}

/// The schema that this program brings along: sql/migrations and sql/functions.
package enum SchemaSQL {
    /// In the order in which they are applied; each once, for ever.
    package static let migrations: [SchemaFile] = [
        SchemaFile("m0001_queue", PackageResources.m0001_queue_sql),
        SchemaFile("m0002_compute", PackageResources.m0002_compute_sql),
        SchemaFile("m0003_queues", PackageResources.m0003_queues_sql),
        SchemaFile("m0004_cheap_checks", PackageResources.m0004_cheap_checks_sql),
        SchemaFile("m0005_last_look", PackageResources.m0005_last_look_sql),
        SchemaFile("m0006_quotas", PackageResources.m0006_quotas_sql),
        SchemaFile("m0007_keys_and_probes", PackageResources.m0007_keys_and_probes_sql),
        SchemaFile("m0008_lists", PackageResources.m0008_lists_sql),
        SchemaFile("m0009_task_reads", PackageResources.m0009_task_reads_sql),
        SchemaFile("m0010_live_is_not_deleted", PackageResources.m0010_live_is_not_deleted_sql),
    ]

    /// Applied after the migrations, again whenever their text has changed. A function that processes of two versions
    /// call side by side does not change its answer: it gets a successor with a higher suffix.
    package static let functions: [SchemaFile] = [
        SchemaFile("compute_adopt_server_v1", PackageResources.compute_adopt_server_v1_sql),
        SchemaFile("compute_answer_key_v1", PackageResources.compute_answer_key_v1_sql),
        SchemaFile("compute_answer_probe_v1", PackageResources.compute_answer_probe_v1_sql),
        SchemaFile("compute_ask_probe_v1", PackageResources.compute_ask_probe_v1_sql),
        SchemaFile("compute_begin_destroy_v2", PackageResources.compute_begin_destroy_v2_sql),
        SchemaFile("compute_bin_status_v1", PackageResources.compute_bin_status_v1_sql),
        SchemaFile("compute_cancel_task_v1", PackageResources.compute_cancel_task_v1_sql),
        SchemaFile("compute_count_task_v1", PackageResources.compute_count_task_v1_sql),
        SchemaFile("compute_counts_v1", PackageResources.compute_counts_v1_sql),
        SchemaFile("compute_delete_server_v1", PackageResources.compute_delete_server_v1_sql),
        SchemaFile("compute_delete_servers_v1", PackageResources.compute_delete_servers_v1_sql),
        SchemaFile("compute_describe_task_v1", PackageResources.compute_describe_task_v1_sql),
        SchemaFile("compute_enqueue_due_purges_v1", PackageResources.compute_enqueue_due_purges_v1_sql),
        SchemaFile("compute_enqueue_task_v1", PackageResources.compute_enqueue_task_v1_sql),
        SchemaFile("compute_event_name_v1", PackageResources.compute_event_name_v1_sql),
        SchemaFile("compute_finish_and_claim_v2", PackageResources.compute_finish_and_claim_v2_sql),
        SchemaFile("compute_finish_tasks_v1", PackageResources.compute_finish_tasks_v1_sql),
        SchemaFile("compute_fits_v1", PackageResources.compute_fits_v1_sql),
        SchemaFile("compute_force_delete_server_v1", PackageResources.compute_force_delete_server_v1_sql),
        SchemaFile("compute_force_down_v1", PackageResources.compute_force_down_v1_sql),
        SchemaFile("compute_is_superseded_v1", PackageResources.compute_is_superseded_v1_sql),
        SchemaFile("compute_hold_server_v1", PackageResources.compute_hold_server_v1_sql),
        SchemaFile("compute_knows_host_v1", PackageResources.compute_knows_host_v1_sql),
        SchemaFile("compute_list_actions_v2", PackageResources.compute_list_actions_v2_sql),
        SchemaFile("compute_list_dead_v1", PackageResources.compute_list_dead_v1_sql),
        SchemaFile("compute_list_events_v1", PackageResources.compute_list_events_v1_sql),
        SchemaFile("compute_list_faults_v1", PackageResources.compute_list_faults_v1_sql),
        SchemaFile("compute_list_servers_v2", PackageResources.compute_list_servers_v2_sql),
        SchemaFile("compute_list_services_v2", PackageResources.compute_list_services_v2_sql),
        SchemaFile("compute_list_tasks_v3", PackageResources.compute_list_tasks_v3_sql),
        SchemaFile("compute_lock_projects_v1", PackageResources.compute_lock_projects_v1_sql),
        SchemaFile("compute_lock_server_v1", PackageResources.compute_lock_server_v1_sql),
        SchemaFile("compute_may_be_purged_v1", PackageResources.compute_may_be_purged_v1_sql),
        SchemaFile("compute_preview_restore_v2", PackageResources.compute_preview_restore_v2_sql),
        SchemaFile("compute_purging_allowed_v1", PackageResources.compute_purging_allowed_v1_sql),
        SchemaFile("compute_quota_shortage_v1", PackageResources.compute_quota_shortage_v1_sql),
        SchemaFile("compute_read_probe_v1", PackageResources.compute_read_probe_v1_sql),
        SchemaFile("compute_rename_server_v1", PackageResources.compute_rename_server_v1_sql),
        SchemaFile("compute_rescue_v1", PackageResources.compute_rescue_v1_sql),
        SchemaFile("compute_reserve_v1", PackageResources.compute_reserve_v1_sql),
        SchemaFile("compute_reset_quota_v1", PackageResources.compute_reset_quota_v1_sql),
        SchemaFile("compute_restore_server_v1", PackageResources.compute_restore_server_v1_sql),
        SchemaFile("compute_restore_servers_v1", PackageResources.compute_restore_servers_v1_sql),
        SchemaFile("compute_resume_purging_v1", PackageResources.compute_resume_purging_v1_sql),
        SchemaFile("compute_retry_task_v1", PackageResources.compute_retry_task_v1_sql),
        SchemaFile("compute_server_column_v1", PackageResources.compute_server_column_v1_sql),
        SchemaFile("compute_set_lock_v1", PackageResources.compute_set_lock_v1_sql),
        SchemaFile("compute_set_quota_v1", PackageResources.compute_set_quota_v1_sql),
        SchemaFile("compute_set_retention_v1", PackageResources.compute_set_retention_v1_sql),
        SchemaFile("compute_settle_v1", PackageResources.compute_settle_v1_sql),
        SchemaFile("compute_show_action_v1", PackageResources.compute_show_action_v1_sql),
        SchemaFile("compute_show_quota_v1", PackageResources.compute_show_quota_v1_sql),
        SchemaFile("compute_show_server_v1", PackageResources.compute_show_server_v1_sql),
        SchemaFile("compute_show_task_v2", PackageResources.compute_show_task_v2_sql),
        SchemaFile("compute_show_tasks_v2", PackageResources.compute_show_tasks_v2_sql),
        SchemaFile(
            "compute_start_waiting_force_deletes_v1",
            PackageResources.compute_start_waiting_force_deletes_v1_sql
        ),
        SchemaFile("compute_sweep_v1", PackageResources.compute_sweep_v1_sql),
        SchemaFile("compute_undo_soft_delete_v1", PackageResources.compute_undo_soft_delete_v1_sql),
        SchemaFile("compute_use_key_v1", PackageResources.compute_use_key_v1_sql),
        SchemaFile("compute_waiting_limit_v1", PackageResources.compute_waiting_limit_v1_sql),
        SchemaFile("queue_cancel_waiting_v1", PackageResources.queue_cancel_waiting_v1_sql),
        SchemaFile("queue_changed_tasks_v1", PackageResources.queue_changed_tasks_v1_sql),
        SchemaFile("queue_claim_tasks_v3", PackageResources.queue_claim_tasks_v3_sql),
        SchemaFile("queue_clock_v1", PackageResources.queue_clock_v1_sql),
        SchemaFile("queue_echo_v1", PackageResources.queue_echo_v1_sql),
        SchemaFile("queue_enqueue_tasks_v1", PackageResources.queue_enqueue_tasks_v1_sql),
        SchemaFile("queue_enqueue_v1", PackageResources.queue_enqueue_v1_sql),
        SchemaFile("queue_finish_and_claim_v2", PackageResources.queue_finish_and_claim_v2_sql),
        SchemaFile("queue_finish_tasks_v1", PackageResources.queue_finish_tasks_v1_sql),
        SchemaFile("queue_heartbeat_v1", PackageResources.queue_heartbeat_v1_sql),
        SchemaFile("queue_limit_v1", PackageResources.queue_limit_v1_sql),
        SchemaFile("queue_list_workers_v1", PackageResources.queue_list_workers_v1_sql),
        SchemaFile("queue_maintain_history_v2", PackageResources.queue_maintain_history_v2_sql),
        SchemaFile("queue_make_history_partition_v1", PackageResources.queue_make_history_partition_v1_sql),
        SchemaFile("queue_new_id_v1", PackageResources.queue_new_id_v1_sql),
        SchemaFile("queue_notify_v1", PackageResources.queue_notify_v1_sql),
        SchemaFile("queue_pause_v1", PackageResources.queue_pause_v1_sql),
        SchemaFile("queue_pick_tasks_v1", PackageResources.queue_pick_tasks_v1_sql),
        SchemaFile("queue_promote_due_v1", PackageResources.queue_promote_due_v1_sql),
        SchemaFile("queue_record_done_v1", PackageResources.queue_record_done_v1_sql),
        SchemaFile("queue_rescue_v1", PackageResources.queue_rescue_v1_sql),
        SchemaFile("queue_resume_v1", PackageResources.queue_resume_v1_sql),
        SchemaFile("queue_share_v1", PackageResources.queue_share_v1_sql),
        SchemaFile("queue_stats_v1", PackageResources.queue_stats_v1_sql),
        SchemaFile("queue_sweep_v1", PackageResources.queue_sweep_v1_sql),
        SchemaFile("queue_tell_v1", PackageResources.queue_tell_v1_sql),
        SchemaFile("queue_wake_v1", PackageResources.queue_wake_v1_sql),
    ]

    /// The number of the newest migration.
    package static var version: Int { migrations.count }
}
