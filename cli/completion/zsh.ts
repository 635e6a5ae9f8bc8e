/** Completion in zsh: from a folder of `fpath`, where it is loaded at the first use, and by `eval` or `source`. */
import type { Flag } from "../command.ts";
import { TOP, isFile, quoted } from "./known.ts";
import type { Known } from "./known.ts";

export function zsh(commands: readonly Known[]): string {
  const described = [...commands, ...TOP].map(
    ({ name, summary }) => `    ${quoted(`${name}:${summary.replaceAll(":", String.raw`\:`)}`)}`,
  );
  const cases = commands.map(
    ({ name, flags, operands }) =>
      `    ${name}) _arguments ${[...flags.map(spec), ...operandSpecs(operands)].join(" ")} ;;`,
  );
  return `#compdef baton
_baton() {
  local -a commands=(
${described.join("\n")}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  local command="\${words[2]}"
  shift words; (( CURRENT-- ))
  case "$command" in
    help) _arguments ${quoted(`1:command:(${commands.map(({ name }) => name).join(" ")})`)} ;;
${cases.join("\n")}
  esac
}
if [ "$funcstack[1]" = "_baton" ]; then _baton "$@"; else compdef _baton baton; fi
`;
}

function spec({ name, value, choices, description, ...rest }: Flag): string {
  const text = description.replaceAll(/[[\]:]/g, String.raw`\$&`);
  if (value === undefined) return quoted(`--${name}[${text}]`);
  const action =
    choices === undefined ? (isFile({ name, value, description, ...rest }) ? "_files" : " ") : `(${choices.join(" ")})`;
  return quoted(`--${name}=[${text}]:${value.toLowerCase()}:${action}`);
}

function operandSpecs(operands: readonly string[] | null): string[] {
  return [quoted(operands === null ? "*:file:_files" : `1:word:(${operands.join(" ")})`)];
}
