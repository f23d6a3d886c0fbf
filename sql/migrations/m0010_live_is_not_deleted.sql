-- A server that lives and rests has no date of a delete.
-- compatible-from: 1
--
-- Tables: compute.servers.
-- The check let it pass: with task_state null its condition was null, which is no refusal.

update compute.servers v set deleted_at = null, deleted_by = null, keep_for = null
where v.vm_state in ('active', 'stopped', 'error') and v.task_state is null and v.deleted_at is not null;

alter table compute.servers
    drop constraint live_is_not_deleted,
    add constraint live_is_not_deleted check (
        vm_state in ('soft-delete', 'deleted') or deleted_at is null
        or (task_state is not null and task_state in ('soft-deleting', 'deleting'))
    );
