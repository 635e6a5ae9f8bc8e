/** Monty, an interpreter of a part of Python written in Rust, with the action in Python: parsed and run anew for each call. */
import { ANSWER, readPythonAction } from "../fixture.ts";
import { loadPeer } from "./installed.ts";
import type { Peer } from "./peer.ts";

/** The part of its face that is used here; it is not installed where the types are checked. */
export interface MontyModule {
  readonly Monty: new (
    code: string,
    options: { inputs: string[] },
  ) => { run(options: { inputs: object; externalFunctions: object }): unknown };
}

export async function create(): Promise<Peer> {
  const { Monty } = loadPeer("@pydantic/monty") as MontyModule;
  const code = `${readPythonAction()}\nexecute_action(context)`;
  const externalFunctions = { hand_off_conversation: () => JSON.parse(ANSWER) as object };
  return Promise.resolve({
    call(_kind, input) {
      const action = new Monty(code, { inputs: ["context"] });
      return JSON.stringify(
        asPlain(action.run({ inputs: { context: JSON.parse(input) as object }, externalFunctions })),
      );
    },
  });
}

/** Monty gives dicts as maps. */
function asPlain(value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries([...value].map(([key, one]) => [key, asPlain(one)])) : value;
}
