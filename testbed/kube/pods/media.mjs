// The media application: an HTTP front, a stream in Redis and two stages of workers, on Node.js.
// `node media.mjs` runs the part that the pod is of: ingest, transcoder or indexer.
import { createHash } from "node:crypto";
import { Resolver } from "node:dns/promises";
import { readFileSync, readdirSync, existsSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";

const own = Object.fromEntries(
  ["POD", "NAMESPACE", "WORKLOAD", "VERSION", "NODE", "IP", "DNS", "STATE"].map((n) => [n, process.env[`POD_${n}`]]),
);
const BOUNDS_MS = [25, 250, 2500];
const BLOCK = Buffer.alloc(1024, "x");

// -- metrics ---------------------------------------------------------------
function page() {
  const types = new Map(), values = new Map();
  const put = (name, type, labels, change) => {
    types.set(name, type);
    const family = values.get(name) ?? values.set(name, new Map()).get(name);
    const key = Object.entries(labels).map(([k, v]) => `${k}="${v}"`).join(",");
    family.set(key, change(family.get(key)));
  };
  return {
    count: (name, by, labels = {}) => put(name, "counter", labels, (was = 0) => was + by),
    set: (name, type, value, labels = {}) => put(name, type, labels, () => value),
    observe: (name, value, bounds, labels = {}) =>
      put(name, "histogram", labels, (was = { bounds, counts: bounds.map(() => 0), sum: 0, n: 0 }) => {
        bounds.forEach((bound, i) => { if (value <= bound) was.counts[i] += 1; });
        was.sum += value; was.n += 1;
        return was;
      }),
    text: () => {
      const lines = [];
      for (const [name, type] of types) {
        lines.push(`# TYPE ${name} ${type}`);
        for (const [key, v] of values.get(name)) {
          if (type !== "histogram") { lines.push(`${name}{${key}} ${v}`); continue; }
          const comma = key ? "," : "";
          v.bounds.forEach((b, i) => lines.push(`${name}_bucket{${key}${comma}le="${b}"} ${v.counts[i]}`));
          lines.push(`${name}_bucket{${key}${comma}le="+Inf"} ${v.n}`, `${name}_sum{${key}} ${v.sum}`, `${name}_count{${key}} ${v.n}`);
        }
      }
      return lines.join("\n") + "\n";
    },
  };
}
const app = page(), mesh = page();
const lag = monitorEventLoopDelay({ resolution: 20 });
lag.enable();
const started = Math.round(Date.now() / 1000 - process.uptime());

function exported() {
  const cpu = process.cpuUsage(), memory = process.memoryUsage();
  app.set("process_cpu_seconds_total", "counter", (cpu.user + cpu.system) / 1e6);
  app.set("process_resident_memory_bytes", "gauge", memory.rss);
  app.set("process_start_time_seconds", "gauge", started);
  app.set("process_open_fds", "gauge", readdirSync("/proc/self/fd").length);
  app.set("nodejs_heap_size_used_bytes", "gauge", memory.heapUsed);
  app.set("nodejs_heap_size_total_bytes", "gauge", memory.heapTotal);
  app.set("nodejs_active_handles_total", "gauge", process.getActiveResourcesInfo().length);
  app.set("nodejs_eventloop_lag_mean_seconds", "gauge", (lag.mean || 0) / 1e9);
  app.set("nodejs_eventloop_lag_max_seconds", "gauge", (lag.max || 0) / 1e9);
  lag.reset();
  return app.text();
}

// -- what is wrong inside --------------------------------------------------
let hazard = {};
const kept = [];
const born = Date.now();
function readHazards() {
  const found = {};
  for (const name of [own.WORKLOAD, `${own.WORKLOAD}@${own.VERSION}`, own.POD]) {
    const path = `${own.STATE}/hazards/${name}.json`;
    if (existsSync(path)) Object.assign(found, JSON.parse(readFileSync(path, "utf8")));
  }
  hazard = found;
  if (found.leak) kept.push(Buffer.alloc(found.leak * 0.5, Math.floor(Math.random() * 255)));
  else kept.length = 0;
  if (found.crash && Date.now() - born > found.crash * 1000) process.exit(1);
}
readHazards();
setInterval(readHazards, 500);

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
function burn(ms) {
  const digest = createHash("sha256");
  for (let n = 0; n < ms * 800; n += 1) digest.update(BLOCK);
  return digest.digest("hex");
}
async function hurt() {
  if (hazard.cpu) burn(hazard.cpu);
  if (hazard.latency) await pause(1000 * hazard.latency * (0.7 + 0.6 * Math.random()));
  if (Math.random() < (hazard.errors ?? 0)) throw new Error("bug");
}

// -- the stream ------------------------------------------------------------
const resolver = new Resolver({ timeout: 2500, tries: 2 });
resolver.setServers([own.DNS]);

class Redis {
  queue = [];
  text = Buffer.alloc(0);
  async open() {
    if (this.socket && !this.socket.destroyed) return;
    const [address] = await resolver.resolve4("stream.media");
    await new Promise((done, failed) => {
      this.socket = net.connect({ host: address, port: 6379, timeout: 5000 }, done);
      this.socket.on("error", failed);
      this.socket.on("timeout", () => this.socket.destroy(new Error("timeout")));
      this.socket.on("close", () => { for (const [, no] of this.queue.splice(0)) no(new Error("closed")); });
      this.socket.on("data", (chunk) => { this.text = Buffer.concat([this.text, chunk]); this.drain(); });
    });
  }
  drain() {
    while (this.queue.length) {
      const read = parse(this.text, 0);
      if (!read) return;
      this.text = this.text.subarray(read[1]);
      const [yes, no] = this.queue.shift();
      if (read[0] instanceof Error) no(read[0]); else yes(read[0]);
    }
  }
  async ask(...parts) {
    const from = performance.now();
    let outcome = "error";
    try {
      await this.open();
      const found = await new Promise((yes, no) => {
        this.queue.push([yes, no]);
        this.socket.write(`*${parts.length}\r\n` + parts.map((p) => `$${Buffer.byteLength(String(p))}\r\n${p}\r\n`).join(""));
      });
      outcome = "ok";
      return found;
    } finally {
      app.count("redis_client_requests_total", 1, { outcome });
      if (parts[0] !== "XREADGROUP") app.count("redis_client_request_duration_seconds_sum", (performance.now() - from) / 1000);
    }
  }
}
function parse(text, at) {
  const end = text.indexOf("\r\n", at);
  if (end < 0) return null;
  const kind = String.fromCharCode(text[at]), line = text.toString("latin1", at + 1, end);
  if (kind === "+") return [line, end + 2];
  if (kind === "-") return [new Error(line), end + 2];
  if (kind === ":") return [Number(line), end + 2];
  const size = Number(line);
  if (size < 0) return [null, end + 2];
  if (kind === "$") {
    return text.length < end + 4 + size ? null : [text.toString("utf8", end + 2, end + 2 + size), end + 4 + size];
  }
  const items = [];
  let place = end + 2;
  for (let n = 0; n < size; n += 1) {
    const item = parse(text, place);
    if (!item) return null;
    items.push(item[0]); place = item[1];
  }
  return [items, place];
}

// -- the stages ------------------------------------------------------------
const STAGES = {
  transcoder: { from: "uploads", to: "transcoded", work: 9 },
  indexer: { from: "transcoded", to: null, work: 2 },
};

async function work({ from, to, work: ms }) {
  const redis = new Redis(), results = new Redis();
  for (;;) {
    try {
      await redis.ask("XGROUP", "CREATE", from, own.WORKLOAD, "$", "MKSTREAM").catch((e) => {
        if (!e.message.includes("BUSYGROUP")) throw e;
      });
      const claimed = await results.ask("XAUTOCLAIM", from, own.WORKLOAD, own.POD, 4000, "0", "COUNT", 4);
      const read = await redis.ask("XREADGROUP", "GROUP", own.WORKLOAD, own.POD, "BLOCK", 1000, "COUNT", 4, "STREAMS", from, ">");
      for (const [id, fields] of [...(claimed?.[1] ?? []), ...(read?.[0]?.[1] ?? [])]) {
        if (!fields) continue;
        const began = performance.now();
        let status = "ok";
        try {
          await hurt();
          burn(ms * (0.7 + 0.6 * Math.random()));
          if (to) await results.ask("XADD", to, "MAXLEN", "~", 3000, "*", "job", fields[1]);
          else await results.ask("SET", `done:${fields[1]}`, "1", "EX", 60);
          await results.ask("XACK", from, own.WORKLOAD, id);
        } catch (error) {
          status = "failed";
        }
        app.count("jobs_total", 1, { queue: from, status });
        app.observe("job_duration_seconds", (performance.now() - began) / 1000, [0.025, 0.25, 2.5], { queue: from });
      }
    } catch (error) {
      app.count("worker_errors_total", 1, { queue: from });
      await pause(500);
    }
  }
}

async function watchQueues(redis) {
  for (;;) {
    for (const stream of ["uploads", "transcoded"]) {
      try {
        const groups = await redis.ask("XINFO", "GROUPS", stream);
        const group = groups[0] ?? [];
        const value = (name) => Number(group[group.indexOf(name) + 1] ?? 0);
        app.set("media_queue_lag", "gauge", value("lag"), { queue: stream });
        app.set("media_queue_pending", "gauge", value("pending"), { queue: stream });
      } catch (error) { /* counted by the client */ }
    }
    await pause(1000);
  }
}

// -- HTTP ------------------------------------------------------------------
const store = new Redis();
async function route(path) {
  const [, name, id] = path.split("/");
  await hurt();
  if (name === "upload") {
    burn(1);
    await store.ask("XADD", "uploads", "MAXLEN", "~", 3000, "*", "job", id);
    return { queued: id };
  }
  return { done: (await store.ask("GET", `done:${id}`)) !== null };
}

async function answered(request, response) {
  const name = request.url.split("/")[1];
  if (name === "healthz") { response.end("ok"); return; }
  if (name === "metrics") { response.setHeader("Content-Type", "text/plain; version=0.0.4"); response.end(exported()); return; }
  const from = performance.now();
  let status = 200, body = "";
  try { body = JSON.stringify(await route(request.url)); } catch (error) { status = 503; body = JSON.stringify(error.message); }
  const seconds = (performance.now() - from) / 1000;
  response.writeHead(status, { "Content-Length": Buffer.byteLength(body), "x-peer": `${own.WORKLOAD}/${own.NAMESPACE}/${own.VERSION}` });
  response.end(body);
  app.count("http_requests_total", 1, { handler: `/${name}`, code: status });
  app.count("http_request_duration_seconds_sum", seconds, { handler: `/${name}` });
  app.count("http_request_duration_seconds_count", 1, { handler: `/${name}` });
  const [source = "unknown", space = "unknown"] = (request.headers["x-peer"] ?? "").split("/").map((s) => s || "unknown");
  const labels = {
    reporter: "destination", source_workload: source, source_workload_namespace: space,
    destination_workload: own.WORKLOAD, destination_workload_namespace: own.NAMESPACE,
    destination_service_name: own.WORKLOAD, destination_service: `${own.WORKLOAD}.${own.NAMESPACE}.svc.cluster.local`,
    destination_version: own.VERSION, request_protocol: "http",
  };
  mesh.count("istio_requests_total", 1, { ...labels, response_code: status, response_flags: "-" });
  mesh.observe("istio_request_duration_milliseconds", seconds * 1000, BOUNDS_MS, labels);
}

const server = http.createServer((request, response) => void answered(request, response));
server.keepAliveTimeout = 8000;
server.listen(8080, own.IP);
http.createServer((_, response) => { response.setHeader("Content-Type", "text/plain; version=0.0.4"); response.end(mesh.text()); }).listen(15090, own.IP);
if (own.WORKLOAD in STAGES) work(STAGES[own.WORKLOAD]); else watchQueues(new Redis());
