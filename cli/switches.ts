/** Switches that are found without a command's table, so that they count even where the rest of the arguments cannot be read. */

/** The arguments in front of `--`, after which everything is an operand. */
export function beforeOperands(args: readonly string[]): readonly string[] {
  const end = args.indexOf("--");
  return end === -1 ? args : args.slice(0, end);
}

export function hasSwitch(args: readonly string[], name: string): boolean {
  return beforeOperands(args).some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
}
