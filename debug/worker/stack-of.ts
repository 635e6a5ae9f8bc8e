/** V8's text of a stack, of the frames that a debugger is shown. */
interface CallFrame {
  readonly functionName: string;
  readonly location: {
    readonly scriptId: string;
    readonly lineNumber: number;
    readonly columnNumber?: number | undefined;
  };
}

/** `urls` says what each script is called, by its id: the frames of Node's inspector do not. */
export function stackOf(frames: readonly CallFrame[], urls: ReadonlyMap<string, string>): string {
  const lines = frames.map(({ functionName, location }) => {
    const { scriptId, lineNumber, columnNumber = 0 } = location;
    const place = `${urls.get(scriptId) ?? "<anonymous>"}:${lineNumber + 1}:${columnNumber + 1}`;
    return functionName === "" ? `    at ${place}` : `    at ${functionName} (${place})`;
  });
  return ["Error: Script execution timed out.", ...lines].join("\n");
}
