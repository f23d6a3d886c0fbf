-- Restores another server with each request, as its owner. The first target is never sent: wrk asks for one request
-- before it begins, to look at it.
local ffi = require("ffi")
ffi.cdef("int pthread_sigmask(int how, const void *set, void *old);")
-- It is told to end by a signal, and was started by a thread that blocks signals. 2 is SIG_SETMASK, on Linux.
ffi.C.pthread_sigmask(2, ffi.new("char[128]"), nil)

local targets = {}
for line in io.lines(os.getenv("BENCH_TARGETS")) do targets[#targets + 1] = line end
local at = 0

request = function()
    at = at + 1
    if at > #targets then
        if at == #targets + 1 then io.open(os.getenv("BENCH_DONE"), "w"):close() end
        wrk.thread:stop()
        return wrk.format("GET", "/")
    end
    local project, server = targets[at]:match("(%S+) (%S+)")
    local headers = { ["X-Auth-Token"] = "bench:" .. project, ["Content-Type"] = "application/json" }
    return wrk.format("POST", "/v2.1/" .. project .. "/servers/" .. server .. "/action", headers, '{"restore": null}')
end
