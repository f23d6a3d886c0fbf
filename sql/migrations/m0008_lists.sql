-- A plain list of a project reads its live servers and no others.
-- compatible-from: 1
--
-- Tables: compute.servers.
-- Destroyed servers stay for ever, and a bin may hold more than a project runs: a page of the default list must not walk
-- over them. A server leaves this index when it goes into the bin; nothing of a request that is only accepted touches it.

create index servers_live on compute.servers (project_id, created_at desc, id desc)
    where vm_state in ('active', 'stopped', 'error');

-- Succeeded before any release had them.
drop function if exists compute.list_servers_v1(text, text[], text, text, uuid, integer);
drop function if exists compute.list_actions_v1(uuid, integer);
drop function if exists compute.preview_restore_v1(uuid, text);
drop function if exists compute.show_task_v1(uuid, text);
drop function if exists compute.show_tasks_v1(uuid[], text[]);
drop function if exists compute.list_tasks_v2(text, uuid, text, text, uuid, integer);
