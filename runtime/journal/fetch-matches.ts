/**
 * Answers the requests of changed code by those that were recorded: the same request first, then one to the same address, each of them once. A body
 * is read in the pieces in which it came.
 */
import type { HostAnswer, HostCall } from "../../sandbox/index.ts";
import { answerOf } from "./answers.ts";
import type { RecordedCall } from "./recording.ts";
import { toRecordedBytes } from "./recording.ts";

interface Sent {
  readonly id: number;
  readonly method: string;
  readonly url: string;
  readonly body: string;
}

interface RecordedFetch extends Sent {
  readonly call: RecordedCall;
  readonly reads: RecordedCall[];
}

export class FetchMatches {
  readonly unanswered: string[] = [];
  readonly sent: string[] = [];
  readonly #left: RecordedFetch[];
  readonly #found = new Map<number, RecordedFetch>();
  readonly #anyInOrder: boolean;

  /** `anyInOrder`: what was taken out of a recording cannot be compared, so the next request gets the next answer. */
  constructor(calls: readonly RecordedCall[], anyInOrder: boolean) {
    this.#anyInOrder = anyInOrder;
    this.#left = recordedFetches(calls);
  }

  answer(name: string, call: HostCall): HostAnswer {
    const { id } = readId(call.args);
    switch (name) {
      case "fetch.send":
        return this.#send(sentOf(call.args, call.bytes));
      case "fetch.read": {
        const piece = this.#found.get(id)?.reads.shift();
        return piece === undefined ? { value: { done: true } } : answerOf(piece);
      }
      default:
        return { value: null };
    }
  }

  #send(sent: Sent): HostAnswer {
    const line = `${sent.method} ${sent.url}`;
    this.sent.push(line);
    const found = this.#find(sent);
    if (found === undefined || found.call.answer === undefined) {
      this.unanswered.push(line);
      const message = `the recording has no answer to ${line}`;
      return { value: { error: { code: "REPLAY_NO_ANSWER", message } } };
    }
    this.#left.splice(this.#left.indexOf(found), 1);
    this.#found.set(sent.id, found);
    return answerOf(found.call);
  }

  #find({ method, url, body }: Sent): RecordedFetch | undefined {
    const left = this.#left;
    const toPlace = left.filter((one) => one.method === method && one.url === url);
    return (
      toPlace.find((one) => one.body === body) ??
      toPlace[0] ??
      left.find((one) => one.method === method && pathOf(one.url) === pathOf(url)) ??
      (this.#anyInOrder ? left[0] : undefined)
    );
  }
}

/** The recorded requests, each with the pieces of its body. */
export function recordedFetches(calls: readonly RecordedCall[]): RecordedFetch[] {
  const fetches = new Map<number, RecordedFetch>();
  for (const call of calls) {
    const { id } = readId(call.args);
    if (call.name === "fetch.send") {
      const body = call.bytes === undefined ? "" : bodyOf(call.bytes);
      fetches.set(id, { ...sentOf(call.args, undefined), body, call, reads: [] });
    } else if (call.name === "fetch.read" && call.answer !== undefined) fetches.get(id)?.reads.push(call);
  }
  return [...fetches.values()];
}

function readId(args: unknown): { readonly id: number } {
  const id = (args as { readonly id?: unknown } | null)?.id;
  return { id: typeof id === "number" ? id : 0 };
}

function sentOf(args: unknown, bytes: Uint8Array | undefined): Sent {
  const { method, url } = (args ?? {}) as { readonly method?: unknown; readonly url?: unknown };
  return {
    ...readId(args),
    method: textOf(method),
    url: textOf(url),
    body: bytes === undefined ? "" : bodyOf(toRecordedBytes(bytes)),
  };
}

const textOf = (part: unknown): string => (typeof part === "string" ? part : "");

const bodyOf = (bytes: NonNullable<RecordedCall["bytes"]>): string => ("text" in bytes ? bytes.text : bytes.base64);

function pathOf(url: string): string {
  const at = url.search(/[?#]/);
  return at === -1 ? url : url.slice(0, at);
}
