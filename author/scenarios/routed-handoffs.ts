/**
 * The keeper of hand-offs of runs in one runtime: each run, by its tenant, is kept in memory, or by a keeper of its own that outlives the run
 * as a conversation does. It notes how long the keeper took, and answers for the provider where a scenario says what the provider would say.
 */
import type {
  Begun,
  BeginRequest,
  FireResult,
  Handoffs,
  Outcome,
  RecordReceipt,
  RecordRequest,
  Standing,
} from "../../runtime/index.ts";
import { type MemoryHandoffs, createMemoryHandoffs } from "../../runtime/handoffs/memory.ts";
import type { StepRecorder } from "./steps.ts";

export interface Route {
  /** Memory where it is left out. */
  readonly handoffs?: Handoffs | undefined;
  /** What the provider answers to a transfer; the keeper asks its own provider where it is left out. */
  readonly transfer?: FireResult | undefined;
  readonly steps: StepRecorder;
}

export class RoutedHandoffs implements Handoffs {
  readonly memory: MemoryHandoffs = createMemoryHandoffs();
  readonly #routes = new Map<string, Route>();
  /** Whose a recorded intent is: the dial is asked for by its id alone. */
  readonly #tenants = new Map<string, string>();

  route(tenant: string, route: Route): void {
    this.#routes.set(tenant, route);
  }

  forget(tenant: string): void {
    this.#routes.delete(tenant);
  }

  begin(run: BeginRequest): Promise<Begun> {
    return this.#timed(run.tenant, (keeper, steps) => steps?.claim(() => keeper.begin(run)) ?? keeper.begin(run));
  }

  record(request: RecordRequest): Promise<RecordReceipt> {
    this.#tenants.set(request.intentId, request.tenant);
    return this.#keeperOf(request.tenant).record(request);
  }

  async fire(intentId: string, signal: AbortSignal): Promise<FireResult> {
    const tenant = this.#tenants.get(intentId) ?? "";
    this.#tenants.delete(intentId);
    return this.#timed(tenant, (keeper, steps) => {
      const { transfer } = this.#routes.get(tenant) ?? {};
      const dial = async (): Promise<FireResult> => transfer ?? keeper.fire(intentId, signal);
      return steps?.dial(dial) ?? dial();
    });
  }

  standing(conversation: { readonly tenant: string; readonly conversationId: string }): Promise<Standing> {
    return this.#keeperOf(conversation.tenant).standing(conversation);
  }

  end(tenant: string, executionId: string, outcome: Outcome): Promise<void> {
    return this.#keeperOf(tenant).end(tenant, executionId, outcome);
  }

  #keeperOf(tenant: string): Handoffs {
    return this.#routes.get(tenant)?.handoffs ?? this.memory;
  }

  #timed<T>(tenant: string, work: (keeper: Handoffs, steps: StepRecorder | undefined) => Promise<T>): Promise<T> {
    return work(this.#keeperOf(tenant), this.#routes.get(tenant)?.steps);
  }
}
