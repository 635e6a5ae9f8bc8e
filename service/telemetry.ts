/**
 * Traces of executions through OpenTelemetry's API: queue, compile, run, host calls, hand-off, delivery, under the caller's `traceparent`. An
 * attribute is an id, a code or a count; no context, reason, number or argument is ever one. Without an SDK all of it does nothing.
 */
import {
  context,
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
  type SpanContext,
  type Tracer,
} from "@opentelemetry/api";
import { LRUCache } from "lru-cache";
import { HostFault, type Outcome } from "../runtime/index.ts";

export interface Traced {
  /** A part of the execution: a span around the work, beneath the execution's. */
  part<T>(name: string, work: () => Promise<T>, attributes?: Attributes): Promise<T>;
  /** A part that is over: it ended now and took so long. */
  past(name: string, ms: number, code: string | null, attributes?: Attributes): void;
  ended(outcome: Outcome, version: number): void;
  failed(code: string): void;
}

type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface Telemetry {
  execution(of: {
    readonly tenant: string;
    readonly action: string;
    readonly executionId: string;
    readonly traceparent: string | null;
  }): Traced;
  /** A hand-off was recorded within an execution's trace; its delivery is linked to that. */
  recorded(intentId: string): void;
  delivery<T>(
    of: { readonly tenant: string; readonly intentId: string; readonly executionId: string },
    name: string,
    work: () => Promise<T>,
  ): Promise<T>;
}

const REMEMBERED = 10_000;

export function createTelemetry(): Telemetry {
  const tracer = (): Tracer => trace.getTracer("baton-runtime");
  const origins = new LRUCache<string, SpanContext>({ max: REMEMBERED });
  return {
    // Callers hand over more than is named here: nothing of it is spread into a span.
    execution({ traceparent, tenant, action, executionId }) {
      const parent = parentOf(traceparent);
      const attributes = named({ tenant, action, executionId });
      const span = tracer().startSpan("baton.execution", { kind: SpanKind.SERVER, attributes }, parent);
      // Without an SDK, and without a caller that traces, there is nothing to belong to.
      if (!isSpanContextValid(span.spanContext())) return UNTRACED;
      const own = trace.setSpan(parent, span);
      return traced(tracer, span, own);
    },
    recorded(intentId) {
      const span = trace.getActiveSpan();
      if (span?.isRecording() === true) origins.set(intentId, span.spanContext());
    },
    async delivery({ tenant, intentId, executionId }, name, work) {
      const origin = origins.get(intentId);
      const links = origin === undefined ? [] : [{ context: origin }];
      const span = tracer().startSpan(
        name,
        { kind: SpanKind.CLIENT, links, attributes: named({ tenant, executionId, intentId }) },
        ROOT_CONTEXT,
      );
      return within(span, trace.setSpan(ROOT_CONTEXT, span), work);
    },
  };
}

const UNTRACED: Traced = { part: (_name, work) => work(), past() {}, ended() {}, failed() {} };

function traced(tracer: () => Tracer, span: Span, own: Context): Traced {
  return {
    async part(name, work, attributes = {}) {
      const part = tracer().startSpan(name, { attributes: named(attributes) }, own);
      return within(part, trace.setSpan(own, part), work);
    },
    past(name, ms, code, attributes = {}) {
      const now = Date.now();
      const part = tracer().startSpan(name, { startTime: now - ms, attributes: named(attributes) }, own);
      if (code !== null) part.setStatus({ code: SpanStatusCode.ERROR, message: code });
      part.end(now);
    },
    ended({ status, usage, handoff, error, warnings }, version) {
      span.setAttributes(
        named({
          status,
          version,
          ...usage,
          ...(handoff === null ? {} : { handoff: handoff.kind, handoffState: handoff.state }),
          ...(error === undefined ? {} : { code: error.code }),
          ...(warnings.length === 0 ? {} : { warnings: warnings.map(({ code }) => code).join(",") }),
        }),
      );
      if (status !== "returned") span.setStatus({ code: SpanStatusCode.ERROR, message: error?.code ?? status });
      span.end();
    },
    failed(code) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: code });
      span.end();
    },
  };
}

/** An error's message may quote what it was about: its code alone is written down. */
async function within<T>(span: Span, own: Context, work: () => Promise<T>): Promise<T> {
  try {
    return await context.with(own, work);
  } catch (error) {
    const code = error instanceof HostFault ? error.code : ((error as { code?: unknown } | null)?.code ?? "error");
    span.setStatus({ code: SpanStatusCode.ERROR, message: typeof code === "string" ? code : "error" });
    throw error;
  } finally {
    span.end();
  }
}

const named = (attributes: Attributes): Record<string, string | number | boolean> =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`baton.${name}`, value]));

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/;

/** W3C Trace Context; what is malformed begins a trace of its own. */
function parentOf(traceparent: string | null): Context {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent ?? "") ?? [];
  if (traceId === undefined || spanId === undefined || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return ROOT_CONTEXT;
  const remote = { traceId, spanId, traceFlags: Number.parseInt(flags ?? "0", 16) & 1, isRemote: true };
  return trace.setSpanContext(ROOT_CONTEXT, remote);
}

/** Starts the SDK where the operator asked for it and installed it; gives what stops it. */
export async function startSdk(): Promise<() => Promise<void>> {
  // Named by a variable, so that nothing resolves what is optional.
  const name = "@opentelemetry/sdk-node";
  let module: { NodeSDK: new (options?: object) => { start(): void; shutdown(): Promise<void> } };
  try {
    module = (await import(name)) as typeof module;
  } catch (cause) {
    const message =
      "The telemetry setting needs the packages @opentelemetry/sdk-node and an exporter: npm install @opentelemetry/sdk-node";
    throw new HostFault("TELEMETRY_SDK_MISSING", message, "never", { cause });
  }
  // What is exported where is the SDK's own to read, from the OTEL_ variables.
  const sdk = new module.NodeSDK({ serviceName: "baton" });
  sdk.start();
  return () => sdk.shutdown();
}
