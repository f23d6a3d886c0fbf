-- Succeeded by compute.begin_destroy_v2 before any release had it.
-- compatible-from: 1
--
-- Tables: none.

drop function if exists compute.begin_destroy_v1(uuid, bigint);
