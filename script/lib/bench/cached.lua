-- For wrk: asks for the paths after `--` in turn, and prints what script/lib/bench/traffic.py reads.
local paths, at = {}, 0

function init(arguments)
  paths = arguments
  at = math.random(#paths)
end

function request()
  at = at % #paths + 1
  return wrk.format("GET", paths[at])
end

function done(summary, latency)
  local failed = summary.errors
  io.write(string.format(
    '{"requests": %d, "microseconds": %d, "p95_microseconds": %d, "failed": %d}\n',
    summary.requests, summary.duration, latency:percentile(95.0),
    failed.connect + failed.read + failed.write + failed.status + failed.timeout
  ))
end
