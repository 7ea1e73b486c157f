-- Events without ids: wrk -s post.lua URL -- KEY USERS ITEMS BATCH; a BATCH of 1 posts single events.
local users, items, batch, counter, bodies = 1, 1, 1, 0, {}

local function event()
  counter = counter + 1
  return string.format('{"user": "u%d", "item": "i%d", "kind": "click"}', counter * 7919 % users, counter * 104729 % items)
end

local function body()
  if batch == 1 then return event() end
  local events = {}
  for n = 1, batch do events[n] = event() end
  return "[" .. table.concat(events, ",") .. "]"
end

function init(args)
  wrk.method = "POST"
  wrk.headers["Authorization"] = "Bearer " .. args[1]
  wrk.headers["Content-Type"] = "application/json"
  users, items, batch = tonumber(args[2]), tonumber(args[3]), tonumber(args[4])
  for n = 1, 64 do bodies[n] = body() end
end

function request()
  if batch == 1 then return wrk.format(nil, "/v1/events", nil, event()) end
  counter = counter + 1
  return wrk.format(nil, "/v1/events", nil, bodies[counter % 64 + 1])
end

function done(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.status + errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format(
    '{"requests": %d, "seconds": %.4f, "p50": %.3f, "p90": %.3f, "p99": %.3f, "failed": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(90) / 1e3, latency:percentile(99) / 1e3, failed))
end
