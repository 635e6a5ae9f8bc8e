/**
 * Requests that arrive together: all that many connections have sent is read within one turn of the event loop, and what else waits for it would wait for the
 * first steps of each. So many are begun in a turn; the others follow in the next ones, in their order.
 */
export type BeginRequest = (work: () => void) => void;

const MOST = 8;

export function createRequestTurns(most = MOST): BeginRequest {
  const waiting: (() => void)[] = [];
  let begun = 0;
  let isSet = false;

  function turn(): void {
    const next = waiting.splice(0, most);
    begun = next.length;
    isSet = begun > 0;
    if (isSet) setImmediate(turn);
    for (const work of next) work();
  }
  return (work) => {
    if (!isSet) setImmediate(turn);
    isSet = true;
    if (waiting.length > 0 || begun >= most) return void waiting.push(work);
    begun += 1;
    work();
  };
}
