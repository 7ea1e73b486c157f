-- Requests for lists by known users in turn: wrk -s ask.lua URL -- KEY USERS BODY, where BODY holds a %s for the user.
local users, body, counter = 1, "", 0

function init(args)
  wrk.method = "POST"
  wrk.headers["Authorization"] = "Bearer " .. args[1]
  wrk.headers["Content-Type"] = "application/json"
  users, body = tonumber(args[2]), args[3]
end

function request()
  counter = counter + 1
  local user = "u" .. (counter * 7919) % users
  return wrk.format(nil, "/v1/recommend", nil, (body:gsub("%%s", user)))
end

function done(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.status + errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format(
    '{"requests": %d, "seconds": %.4f, "p50": %.3f, "p90": %.3f, "p99": %.3f, "failed": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(90) / 1e3, latency:percentile(99) / 1e3, failed))
end
