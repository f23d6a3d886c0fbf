-- Undoes a soft delete that no worker has claimed: the server is as it was. Says whether it could.
--
-- Tables: queue.tasks, queue.history, compute.servers, compute.actions. Callers: compute.restore_server_v1
create or replace function compute.undo_soft_delete_v1(p_server compute.servers) returns boolean
language plpgsql volatile
set enable_seqscan = off
set jit = off
as $$
declare
    v_settled queue.settled[] := array(select s from queue.cancel_waiting_v1(p_server.id, true) s);
begin
    perform compute.settle_v1(v_settled);
    return cardinality(v_settled) > 0;
end
$$;
