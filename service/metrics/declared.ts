/** Every metric of the service, declared once: the registry, the page of the docs and the alert rules' test are made of it. */
export interface Declared {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram, in its unit. */
  readonly buckets?: readonly number[];
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export const METRICS = {
  requests: { name: "baton_http_requests_total", type: "counter", help: "Requests answered.", labels: ["route", "status"] },
  requestSeconds: { name: "baton_http_request_duration_seconds", type: "histogram", help: "From a request to its answer.", labels: ["route"], buckets: SECONDS },
  executions: { name: "baton_executions_total", type: "counter", help: "Executions that ended, by how.", labels: ["status"] },
  executionSeconds: { name: "baton_execution_duration_seconds", type: "histogram", help: "How long executions ran.", labels: [], buckets: SECONDS },
  executionCpu: { name: "baton_execution_cpu_seconds_total", type: "counter", help: "Processor time of executions.", labels: [] },
  executionQueue: { name: "baton_execution_queue_seconds", type: "histogram", help: "How long executions waited for their turn.", labels: [], buckets: SECONDS },
  refused: { name: "baton_executions_refused_total", type: "counter", help: "Executions that did not run, by code.", labels: ["code"] },
  handoffs: { name: "baton_handoffs_total", type: "counter", help: "Hand-offs that executions brought about.", labels: ["kind"] },
  notRecorded: { name: "baton_handoffs_not_recorded_total", type: "counter", help: "Hand-offs that actions asked for and no store took: no human will come of them.", labels: ["code"] },
  deadLetters: { name: "baton_handoffs_dead_total", type: "counter", help: "Hand-offs that this node gave up delivering.", labels: ["code"] },
  deliveryFailures: { name: "baton_delivery_failures_total", type: "counter", help: "Attempts to deliver that failed and are repeated.", labels: ["code"] },
  storeFailures: { name: "baton_handoffs_store_failures_total", type: "counter", help: "Steps of executions at which the store of hand-offs refused or was silent.", labels: ["step"] },
  warnings: { name: "baton_execution_warnings_total", type: "counter", help: "Warnings of outcomes, by code.", labels: ["code"] },
  running: { name: "baton_executions_running", type: "gauge", help: "Executions that run on this node.", labels: [] },
  waiting: { name: "baton_executions_waiting", type: "gauge", help: "Executions that wait for their turn on this node.", labels: [] },
  unwritten: { name: "baton_executions_unwritten", type: "gauge", help: "Ended executions that the store has not taken yet.", labels: [] },
  outbox: { name: "baton_outbox_rows", type: "gauge", help: "Hand-offs in the outbox by status.", labels: ["status"] },
  outboxAge: { name: "baton_outbox_oldest_seconds", type: "gauge", help: "Age of the oldest hand-off that waits for delivery.", labels: [] },
  walls: { name: "baton_wall_stands", type: "gauge", help: "1 for a wall of the operating system that stands around the workers.", labels: ["wall"] },
  storeUp: { name: "baton_store_up", type: "gauge", help: "1 while the store answers.", labels: [] },
  storeSilent: { name: "baton_store_silent_seconds", type: "gauge", help: "Since the store was last heard of.", labels: [] },
  draining: { name: "baton_draining", type: "gauge", help: "1 once this node is being stopped.", labels: [] },
  listeners: { name: "baton_event_listeners", type: "gauge", help: "Open streams of events and logs.", labels: [] },
  build: { name: "baton_build_info", type: "gauge", help: "1, with the version.", labels: ["version", "node"] },
  memory: { name: "baton_process_resident_bytes", type: "gauge", help: "Resident memory of this process, without its workers.", labels: [] },
  processCpu: { name: "baton_process_cpu_seconds_total", type: "counter", help: "Processor time of this process, without its workers.", labels: [] },
} as const satisfies Readonly<Record<string, Declared>>; // prettier-ignore

export type MetricName = keyof typeof METRICS;
