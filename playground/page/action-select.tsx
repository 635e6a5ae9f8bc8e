/** Which action a view is about. */
import { useState } from "preact/hooks";
import { Select } from "../kit/index.ts";
import { project } from "./store.ts";

export function useAction(): readonly [string, (action: string) => void] {
  const [chosen, setChosen] = useState<string | null>(null);
  const actions = project.value?.actions ?? [];
  const known = actions.some(({ path }) => path === chosen);
  return [known ? chosen! : (actions[0]?.path ?? ""), setChosen];
}

export function ActionSelect({
  value,
  onChange,
}: {
  readonly value: string;
  readonly onChange: (action: string) => void;
}) {
  const options = (project.value?.actions ?? []).map(({ path }) => ({ value: path, label: path }));
  return <Select label="Action" value={value} options={options} onChange={onChange} />;
}
