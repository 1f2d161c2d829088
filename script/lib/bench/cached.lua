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
  local failed, latencies = summary.errors, {}
  for i = 1, #latency do
    latencies[i] = string.format("[%d, %d]", latency(i))
  end
  io.write(string.format(
    '{"requests": %d, "microseconds": %d, "failed": %d, "latencies": [%s]}\n',
    summary.requests, summary.duration,
    failed.connect + failed.read + failed.write + failed.status + failed.timeout,
    table.concat(latencies, ", ")
  ))
end
