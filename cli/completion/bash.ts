/** Completion in bash. Words are offered as words and files as files, so that a folder named like a command stays out of the way. */
import type { Flag } from "../command.ts";
import { TOP, isFile } from "./known.ts";
import type { Known } from "./known.ts";

export function bash(commands: readonly Known[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  return `_baton() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}"
  local flags="" operands="" words=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${names} ${TOP.map(({ name }) => name).join(" ")}" -- "$word"))
    return
  fi
  case "$command" in
    help) operands="${names}" ;;
${commands.map(flagsOf).join("\n")}
  esac
  case "$command $before" in
${commands.flatMap(valuesOf).join("\n")}
  esac
  if [ -n "$words" ]; then
    COMPREPLY=($(compgen -W "$words" -- "$word"))
  elif [[ "$word" == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$word"))
  elif [ -n "$operands" ] && [ "$COMP_CWORD" -eq 2 ]; then
    COMPREPLY=($(compgen -W "$operands" -- "$word"))
  elif [ -z "$operands" ] || [[ "$before" == -* ]]; then
    compopt -o filenames 2>/dev/null
    local IFS=$'\\n'
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}
complete -F _baton baton
`;
}

function flagsOf({ name, flags, operands }: Known): string {
  const words = flags.map((flag) => `--${flag.name}`).join(" ");
  return `    ${name}) flags="${words}"${operands === null ? "" : ` operands="${operands.join(" ")}"`} ;;`;
}

/** What a flag's value is one of; for a value that cannot be guessed, nothing is offered. */
function valuesOf({ name, flags }: Known): string[] {
  const isCompleted = (flag: Flag): boolean => flag.value !== undefined && !isFile(flag);
  return flags.filter(isCompleted).map((flag) => {
    const then = flag.choices === undefined ? "return" : `words="${flag.choices.join(" ")}"`;
    return `    "${name} --${flag.name}") ${then} ;;`;
  });
}
