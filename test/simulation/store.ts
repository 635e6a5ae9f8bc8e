/**
 * A store on a network and a disk that both fail: requests and answers are lost, commits take time to be durable, the power goes.
 * What it runs is the product's own operations on the product's own memory rows.
 */
import { operations, type HandoffOperations, type OperationName } from "../../delivery/operations/index.ts";
import type { Answers, Operation } from "../../delivery/statements/questions.ts";
import type { OperationInput as InputOf, OperationResult as ResultOf } from "../../storage/schema.ts";
import { runAtOnce } from "../../storage/statements.ts";
import { memoryAnswers } from "../../delivery/memory-answers.ts";
import { storeAnswerLost, storeUnavailable } from "../../storage/store.ts";
import type { HandoffStore as Store } from "../../delivery/store-schema.ts";
import type { Chance } from "./chance.ts";
import type { Control } from "./controls.ts";
import { createDisk, type Disk } from "./disk.ts";
import type { Life, Scheduler } from "./scheduler.ts";

type OperationInput<K extends OperationName> = InputOf<HandoffOperations, K>;
type OperationResult<K extends OperationName> = ResultOf<HandoffOperations, K>;

export interface SimulatedStore {
  readonly disk: Disk;
  /** The store as one process sees it. */
  connect(life: Life): Store;
  /** The power goes, and comes back after a while. */
  cutPower(): void;
  /** Failures of network and power end here, so that everything can settle. */
  calm(): void;
}

const EVERYWHERE: Life = { alive: true };

export function createSimulatedStore(scheduler: Scheduler, chance: Chance, control: Control | null): SimulatedStore {
  const disk = createDisk();
  const answers = brokenBy(control, memoryAnswers(disk.rows), disk);
  /** Grows with every power cut: what was on its way before never arrives. */
  let power = 0;
  let upAt = 0;
  let calm = false;

  function run<K extends OperationName>(life: Life, name: K, input: OperationInput<K>): Promise<OperationResult<K>> {
    return new Promise((resolve, reject) => {
      if (scheduler.now() < upAt || (!calm && chance.of(0.01))) {
        scheduler.after(1 + chance.below(5), life, () => reject(storeUnavailable("refused")));
        return;
      }
      if (!calm && chance.of(0.005)) {
        scheduler.after(50 + chance.below(500), life, () => reject(storeAnswerLost("the request was lost")));
        return;
      }
      const asked = power;
      let heard = false;
      const answer = (tell: () => void): void => {
        if (heard) return;
        heard = true;
        tell();
      };
      const lose = (): void =>
        scheduler.after(50 + chance.below(500), life, () => answer(() => reject(storeAnswerLost("lost"))));
      // A request that left a process arrives whether or not the process lives on.
      scheduler.after(chance.below(4), EVERYWHERE, () => {
        if (asked !== power) return lose();
        let result: OperationResult<K>;
        try {
          const operation = operations[name] as (input: OperationInput<K>) => Operation<OperationResult<K>>;
          result = runAtOnce(operation(input), answers);
        } catch (error) {
          scheduler.after(1, life, () => answer(() => reject(storeUnavailable(error))));
          return undefined;
        }
        const position = disk.position();
        const tell = (): void => {
          if (!calm && chance.of(0.01)) lose();
          else scheduler.after(chance.below(3), life, () => answer(() => resolve(result)));
        };
        if (control === "relaxed-sync") tell();
        scheduler.after(1 + chance.below(control === "relaxed-sync" ? 200 : 5), EVERYWHERE, () => {
          if (asked !== power) return lose();
          disk.sync(position);
          if (control !== "relaxed-sync") tell();
          return undefined;
        });
        return undefined;
      });
    });
  }

  return {
    disk,
    connect: (life) => ({
      name: "simulated",
      // The store's own clock is right, whatever the processes' clocks say; the answer takes its time.
      time: () => new Promise((resolve) => scheduler.after(chance.below(4), life, () => resolve(scheduler.now()))),
      run(name, input) {
        const result = run(life, name, input);
        if (control !== "ack-before-commit" || name !== "claim") return result;
        result.catch(() => {});
        return Promise.resolve({ type: "recorded" }) as ReturnType<Store["run"]> as never;
      },
      close: async () => {},
    }),
    cutPower() {
      power += 1;
      upAt = scheduler.now() + 20 + chance.below(2000);
      disk.cutPower();
    },
    calm() {
      calm = true;
      upAt = 0;
    },
  };
}

function brokenBy(control: Control | null, answers: Answers, { rows }: Disk): Answers {
  switch (control) {
    case "no-unique-key":
      return {
        ...answers,
        insertClaim(input) {
          const { tenant, conversationId, epoch } = input.handoff;
          rows.claims.delete(JSON.stringify([tenant, conversationId, epoch]));
          return answers.insertClaim(input);
        },
      };
    case "retry-unknown-dial":
      return {
        ...answers,
        writeOutbox(row) {
          // Whatever the answer was, back into the queue of dials.
          const again = row.task === "reconcile" && row.settledAt !== null;
          answers.writeOutbox(again ? { ...row, task: "dial", status: "waiting", settledAt: null } : row);
        },
        writeHandoff(row) {
          answers.writeHandoff(
            row.state === "transfer_unknown"
              ? { ...row, state: "transferring", createdAt: row.createdAt + 60_000 }
              : row,
          );
        },
      };
    case "ack-before-commit":
    case "relaxed-sync":
    case null:
      return answers;
  }
}
