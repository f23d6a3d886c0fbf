-- Forgets what was said about a project's quota: it may have again what the settings say.
--
-- Tables: compute.projects. Callers: Compute.ServerStore.resetQuota
create or replace function compute.reset_quota_v1(p_project_id text) returns void
language sql volatile
as $$
    update compute.projects p
    set max_instances = null, max_cores = null, max_ram = null
    where p.id = p_project_id
$$;
