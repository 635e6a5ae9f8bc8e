/** What a durable hand-off costs, per store, beside the bare cost of committing the same rows. */
import { benchDelivery, type DeliveryFigures } from "../delivery.ts";
import type { BenchOptions, Goal, Reached, Rows, Section } from "../section.ts";

const goal = (id: string, says: string): Goal => ({ id, says, unit: "×", bound: { atMost: 1.5 } });

const goals: readonly Goal[] = [
  goal("sqlite-alone", "a durable hand-off in SQLite, alone, in units of the bare commit (p50)"),
  goal("sqlite-together", "the same, 32 at once"),
  goal("postgres-alone", "a durable hand-off in PostgreSQL, alone, in units of the bare commit (p50)"),
  goal("postgres-together", "the same, 32 at once"),
];

export const section: Section = {
  name: "delivery",
  title: "The price of a durable hand-off",
  about:
    "A claim with its outbox row and its change, by `openHandoffs`, in turns with the same rows committed by the same driver with nothing around them. PostgreSQL is a real one on this machine.",
  goals,
  run,
};

async function run(options: BenchOptions): Promise<Rows> {
  options.log("memory, SQLite, PostgreSQL");
  const figures = await benchDelivery({ rounds: options.quick ? 40 : 600 });
  return {
    tables: [
      {
        title: "By store",
        columns: [
          "store",
          "alone p50 ms",
          "p99",
          "bare p50",
          "32 at once p50 ms",
          "p99",
          "bare p50",
          "claims/s",
          "drained/s",
        ],
        rows: figures.map((of) => [
          of.store,
          of.alone.p50,
          of.alone.p99,
          of.bareAlone?.p50 ?? "–",
          of.together.p50,
          of.together.p99,
          of.bareTogether?.p50 ?? "–",
          of.claimsPerSecond,
          of.drainedPerSecond,
        ]),
      },
    ],
    reached: figures.flatMap(reached),
    notes: [],
  };
}

function reached({ store, ratioAlone, ratioTogether }: DeliveryFigures): Reached[] {
  if (ratioAlone === null || ratioTogether === null) return [];
  return [
    { goal: `${store}-alone`, value: ratioAlone, why: "the way to the store and back around one sync of the disk" },
    {
      goal: `${store}-together`,
      value: ratioTogether,
      why: "one sync is shared by many, so what is left is the work of each claim on one thread",
    },
  ];
}
