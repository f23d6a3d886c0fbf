-- The same rules, written so that a row costs less to check and a restore writes fewer indexes.
-- compatible-from: 1
--
-- Tables: queue.tasks, compute.servers, compute.actions.
-- A bounded repetition such as {0,252} makes the expression a machine of as many states: 12 µs a row, where the length
-- and a star take 0.3 µs. An update checks every rule of its row again, whether its column changed or not.

alter table queue.tasks
    drop constraint if exists tasks_queue_check,
    drop constraint if exists tasks_kind_check,
    add constraint tasks_queue_check check (char_length(queue) <= 253 and queue ~ '^[A-Za-z0-9][A-Za-z0-9._-]*$'),
    add constraint tasks_kind_check check (char_length(kind) <= 40 and kind ~ '^[a-z][a-z_]*$');

alter table compute.servers
    drop constraint if exists servers_project_id_check,
    drop constraint if exists servers_host_check,
    add constraint servers_project_id_check check (char_length(project_id) <= 255 and project_id ~ '^[0-9a-f-]+$'),
    add constraint servers_host_check check (char_length(host) <= 253 and host ~ '^[A-Za-z0-9][A-Za-z0-9._-]*$');

alter table compute.actions
    drop constraint if exists actions_request_id_check,
    add constraint actions_request_id_check check (char_length(request_id) = 40 and request_id ~ '^req-[0-9a-f-]*$');

-- No index speaks of task_state, so that an accepted request on a server is a HOT update. The few servers whose restore
-- is under way when they fall due are passed over by the sweep.
drop index compute.servers_due;
create index servers_due on compute.servers (purge_at) where vm_state = 'soft-delete';
