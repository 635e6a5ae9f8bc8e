/** A peer that lives in a child process and makes a fresh isolate, realm or runtime there for every call. */
import type { Kind } from "../fixture.ts";

export interface Peer {
  /** One run from nothing to nothing: make, compile, call, dispose. Gives the result's text. */
  call(kind: Kind, input: string): string;
  /** What is to be done after a run and before the next, when its result is on its way. */
  restore?(kind: Kind): void;
  /** Makes so many and keeps them. Only the bare one can. */
  hold?(count: number): void;
}

export interface PeerModule {
  create(): Promise<Peer>;
}

export type PeerName = "bare" | "echo" | "monty" | "quickjs" | "quickjs-image" | "node-vm" | "vm2";

export type PeerRequest =
  | { readonly type: "call"; readonly kind: Kind; readonly input: string }
  | { readonly type: "loop"; readonly kind: Kind; readonly input: string; readonly ms: number }
  | { readonly type: "hold"; readonly count: number };

export interface PeerReply {
  /** Microseconds inside the child: for `call` of the run, for `loop` and `hold` of all of it. */
  readonly us: number;
  /** Runs that a `loop` made. */
  readonly runs: number;
  readonly text: string;
}
