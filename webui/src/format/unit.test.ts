import { expect, it } from "vitest";
import { unitOf } from "./unit";

it.each([
  ["process_resident_memory_bytes", "", "bytes"],
  ["rate(node_network_transmit_bytes_total)", "rate", "bytes/s"],
  ["p99(http_request_duration_seconds)", "p99", "seconds"],
  ["rate(process_cpu_seconds_total)", "rate", "s/s"],
  ["count_rate(http_request_duration_seconds)", "count_rate", "/s"],
  ["rate(http_requests_total)", "rate", "/s"],
  ["redis_keyspace_hits_ratio", "", "ratio"],
  ["disk_used_percent", "", "percent"],
  ["process_start_time_seconds", "", ""],
  ["age(backup_last_success_timestamp_ms)", "age_ms", "seconds"],
  ["go_goroutines", "", ""],
])("reads the unit of %s (%s) as %j", (name, derivation, unit) => {
  expect(unitOf(name, derivation)).toBe(unit);
});
