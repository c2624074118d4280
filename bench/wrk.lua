-- One job of the benchmark for wrk. Arguments: job, seed, number of rows, credentials, file that says how to ask (a line
-- for each of read, create and update: name, method, path, body, with tabs between), file of the job's lines or "-".
local job, rows, auth, lines
local asks = {}
local at = 0

local function random_id() return string.format("row-%07d", math.random(0, rows - 1)) end

local function new_id()
  local function hex() return math.random(0, 65535) end
  return string.format("%04x%04x-%04x-4%03x-8%03x-%04x%04x%04x", hex(), hex(), hex(), hex() % 4096, hex() % 4096,
    hex(), hex(), hex())
end

-- What comes before and after the id; all of it and nothing where there is none.
local function around(text)
  local before, after = text:match("^(.-){id}(.*)$")
  if before then return { before = before, after = after } end
  return { before = text }
end

local function with(id, parts)
  return parts.after and parts.before .. id .. parts.after or parts.before
end

-- Not wrk.format: that sends headers in another order from one wrk to the next, and what V8 has compiled for one order it
-- throws away at the first request in another one.
local function ask_for(method, path, headers, body)
  local text = method .. " " .. path .. " HTTP/1.1\r\nHost: " .. wrk.headers["Host"] .. "\r\nAuthorization: " .. auth .. "\r\n"
  if not body then return text .. headers .. "\r\n" end
  return text .. "Content-Type: application/json\r\nContent-Length: " .. #body .. "\r\n" .. headers .. "\r\n" .. body
end

local function get(path) return ask_for("GET", path, "") end

local function read() return get(with(random_id(), asks.read.path)) end

local function create()
  local ask = asks.create
  return ask_for(ask.method, ask.path.before, "", ask.body.after and with(new_id(), ask.body) or ask.body.before)
end

-- Each row once, where its first ETag is known with that.
local function update()
  at = at + 1
  local ask = asks.update
  local id, etag = lines[(at - 1) % #lines + 1]:match("^(%S+) ?(.*)$")
  return ask_for(ask.method, with(id, ask.path), etag ~= "" and "If-Match: " .. etag .. "\r\n" or "", ask.body.before)
end

function init(args)
  job, rows, auth = args[1], tonumber(args[3]), args[4]
  math.randomseed(tonumber(args[2]))
  for line in io.lines(args[5]) do
    local name, method, path, body = line:match("^(.-)\t(.-)\t(.-)\t(.*)$")
    asks[name] = { method = method, path = around(path), body = around(body) }
  end
  lines = {}
  if args[6] ~= "-" then for line in io.lines(args[6]) do lines[#lines + 1] = line end end
end

function request()
  if job == "read" then return read() end
  if job == "page" or job == "keyset" then return get(lines[math.random(#lines)]) end
  if job == "create" then return create() end
  if job == "update" then return update() end
  return math.random(5) == 1 and create() or read()
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"microseconds":%d,"refused":%d,"broken":%d,"p50":%d,"p99":%d}\n',
    summary.requests, summary.duration, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
