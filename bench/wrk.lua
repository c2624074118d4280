-- One job of the benchmark for wrk. Arguments: job, seed, number of rows, credentials, file of the job's lines or "-".
local job, rows, auth, lines
local at = 0

local function random_id() return string.format("row-%07d", math.random(0, rows - 1)) end

local function get(path) return wrk.format("GET", path, { authorization = auth }) end

local function create()
  return wrk.format("POST", "/api/resource",
    { authorization = auth, ["content-type"] = "application/json" }, '{"name":"created by the benchmark"}')
end

-- Each row once: its first ETag is known.
local function update()
  at = at + 1
  local id, etag = lines[(at - 1) % #lines + 1]:match("^(%S+) (.+)$")
  return wrk.format("PATCH", "/api/resource/" .. id,
    { authorization = auth, ["content-type"] = "application/json", ["if-match"] = etag }, '{"name":"updated"}')
end

function init(args)
  job, rows, auth = args[1], tonumber(args[3]), args[4]
  math.randomseed(tonumber(args[2]))
  lines = {}
  if args[5] ~= "-" then for line in io.lines(args[5]) do lines[#lines + 1] = line end end
end

function request()
  if job == "read" then return get("/api/resource/" .. random_id()) end
  if job == "page" then return get(lines[math.random(#lines)]) end
  if job == "create" then return create() end
  if job == "update" then return update() end
  return math.random(5) == 1 and create() or get("/api/resource/" .. random_id())
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"microseconds":%d,"refused":%d,"broken":%d,"p50":%d,"p99":%d}\n',
    summary.requests, summary.duration, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
