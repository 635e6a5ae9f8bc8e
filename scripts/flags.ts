/** Flags of this repository's own commands: `--help` prints the usage, and what is no flag of theirs ends with one sentence, the usage and status 2. */
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";

type Values<Options extends ParseArgsOptionsConfig> = ReturnType<typeof parseArgs<{ options: Options }>>["values"];

export function readFlags<const Options extends ParseArgsOptionsConfig>(
  usage: string,
  options: Options,
): Values<Options> {
  try {
    const help = { type: "boolean", short: "h", default: false } as const;
    const { values } = parseArgs({ options: { ...options, help } });
    if ((values as { readonly help?: unknown }).help !== true) return values as Values<Options>;
  } catch (error) {
    refuse((error as Error).message, usage);
  }
  console.log(usage);
  process.exit(0);
}

export function refuse(sentence: string, usage: string): never {
  console.error(`${sentence}\n\n${usage}`);
  process.exit(2);
}
