-- Whether a server in this state counts in its project's use. Callers: compute.adopt_server_v1, compute.settle_v1
create or replace function compute.counts_v1(p_vm_state text, p_task_state text) returns boolean
language sql immutable parallel safe
return p_vm_state not in ('soft-delete', 'deleted') or coalesce(p_task_state = 'restoring', false);
