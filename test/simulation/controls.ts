/** What is taken away to see whether the checks notice. Each removes one thing that the promises rest on. */
export const CONTROLS = {
  "no-unique-key": "the ledger takes a second hand-off of the same conversation and epoch",
  "ack-before-commit": "a claim is answered before the store has it",
  "relaxed-sync": "a commit is answered before it is on the disk, and the power goes",
  "retry-unknown-dial": "a dial whose answer was lost is made again",
} as const;

export type Control = keyof typeof CONTROLS;

export function isControl(name: string): name is Control {
  return Object.hasOwn(CONTROLS, name);
}
