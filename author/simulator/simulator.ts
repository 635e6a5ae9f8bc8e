/** The simulated conversations of one session, on a ledger of their own: in memory, with the rules of the one that production has. */
import { type DurableHandoffs, openHandoffs } from "../../delivery/index.ts";
import type { Json } from "../../runtime/index.ts";
import type { ScenarioRunner } from "../scenarios/runner.ts";
import { Conversation, refused } from "./conversation.ts";
import type { SimulatedChannel } from "./history.ts";
import { type Saved, saveAsScenarios } from "./save.ts";

export interface SimulatorOptions {
  readonly runner: ScenarioRunner;
  readonly live: boolean;
  readonly onChange: (conversation: Conversation) => void;
}

const MAX_CONVERSATIONS = 50;

export class Simulator {
  readonly #options: SimulatorOptions;
  readonly #conversations = new Map<string, Conversation>();
  #ledger: Promise<DurableHandoffs> | null = null;
  #begun = 0;

  constructor(options: SimulatorOptions) {
    this.#options = options;
  }

  get conversations(): readonly Conversation[] {
    return [...this.#conversations.values()];
  }

  async begin(context: Json, channel: SimulatedChannel): Promise<Conversation> {
    const handoffs = await this.#handoffs();
    if (this.#conversations.size >= MAX_CONVERSATIONS) this.end(this.conversations[0]!.id);
    const id = String((this.#begun += 1));
    const { runner, live, onChange } = this.#options;
    // Nothing changes before the constructor is done.
    const conversation: Conversation = new Conversation(id, context, channel, {
      ...{ runner, live, handoffs },
      onChange: () => onChange(conversation),
    });
    this.#conversations.set(id, conversation);
    return conversation;
  }

  find(id: string): Conversation {
    const found = this.#conversations.get(id);
    if (found === undefined) throw refused("There is no such conversation any more: begin another.");
    return found;
  }

  end(id: string): void {
    this.#conversations.get(id)?.close();
    this.#conversations.delete(id);
  }

  save(id: string, file: string, replace: boolean): Promise<Saved> {
    return saveAsScenarios(this.find(id).turns, file, { replace, runner: this.#options.runner });
  }

  async close(): Promise<void> {
    for (const { id } of this.conversations) this.end(id);
    await (await this.#ledger)?.close();
  }

  #handoffs(): Promise<DurableHandoffs> {
    return (this.#ledger ??= openHandoffs({
      store: "memory:",
      provider: (tenant) => this.#ofTenant(tenant).provider,
    }));
  }

  #ofTenant(tenant: string): Conversation {
    const found = this.conversations.find((each) => each.tenant === tenant);
    if (found === undefined) throw refused("That conversation is over.");
    return found;
  }
}
