/**
 * Operations and statements: how a transaction is written once for all stores. An operation is a generator: it asks statements one after another and
 * decides between their answers. The store that plays it answers at once (memory, SQLite) or later (PostgreSQL), inside one transaction; a simulation
 * can play the same generator, so that what it proves is the code that runs.
 */

/** What one statement takes and what it gives. */
export interface Ask<In, Out> {
  readonly in: In;
  readonly out: Out;
}

export interface Question {
  readonly name: string;
  readonly input: unknown;
}

export type Operation<Result> = Generator<Question, Result, unknown>;

type Asked<Statements> = { readonly [K in keyof Statements]: Ask<unknown, unknown> };

/** The `ask` of a room, typed by its table of statements. */
export function asking<Statements extends Asked<Statements>>() {
  return function* ask<K extends keyof Statements & string>(
    name: K,
    input: Statements[K]["in"],
  ): Generator<Question, Statements[K]["out"], unknown> {
    return (yield { name, input }) as Statements[K]["out"];
  };
}

/** A store's answers where they come at once. */
export type AnswersOf<Statements extends Asked<Statements>> = {
  readonly [K in keyof Statements]: (input: Statements[K]["in"]) => Statements[K]["out"];
};
export type Answers = Readonly<Record<string, (input: never) => unknown>>;

/** Runs an operation to its end on answers that come at once. */
export function runAtOnce<Result>(operation: Operation<Result>, answers: object): Result {
  let step = operation.next();
  while (!step.done) {
    const answer = (answers as Answers)[step.value.name] as ((input: unknown) => unknown) | undefined;
    if (answer === undefined) throw new Error(`The store has no statement ${step.value.name}.`);
    step = operation.next(answer(step.value.input));
  }
  return step.value;
}

/** Runs an operation to its end on answers that take their time. */
export async function runLater<Result>(
  operation: Operation<Result>,
  answer: (question: Question) => Promise<unknown>,
): Promise<Result> {
  let step = operation.next();
  while (!step.done) step = operation.next(await answer(step.value));
  return step.value;
}
