-- Asks the workers of a host whether they find a server there. Nobody has to answer.
--
-- It has nothing to lose in a crash, so its commit does not wait for the disk. What nobody reads any more is cleared away.
-- Tables: compute.probes. Callers: Compute.ServerStore.ask
create or replace function compute.ask_probe_v1(p_id uuid, p_server_id uuid, p_host text) returns void
language plpgsql volatile
as $$
begin
    perform set_config('synchronous_commit', 'off', true);
    delete from compute.probes p where p.asked_at < queue.clock_v1() - interval '1 minute';
    insert into compute.probes (id, asked_at) values (p_id, queue.clock_v1());
    perform pg_notify('reprieve_probes', concat_ws(' ', p_host, p_id, p_server_id));
end
$$;
