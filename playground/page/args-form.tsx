/** A form for an action's arguments, made of their JSON Schema: a field for each property that a field can hold, JSON for the rest. */
import { useId } from "preact/hooks";
import type { Json } from "../../sandbox/completion.ts";
import { Check, NumberField, Select, TextArea, TextField } from "../kit/index.ts";

export type Args = { readonly [key: string]: Json };
export type JsonSchema = { readonly [key: string]: unknown };

export interface ArgsFormProps {
  readonly schema: JsonSchema | null;
  readonly args: Args;
  readonly onChange: (args: Args) => void;
}

export function ArgsForm({ schema, args, onChange }: ArgsFormProps) {
  const id = useId();
  const properties = (schema?.["properties"] ?? {}) as Readonly<Record<string, JsonSchema>>;
  const required = (schema?.["required"] ?? []) as readonly string[];
  // What the context has beside the schema is a field too: the action is given it.
  const names = [...new Set([...Object.keys(properties), ...Object.keys(args)])];
  const set = (name: string, value: Json | undefined): void => {
    const { [name]: _, ...rest } = args;
    onChange(value === undefined ? rest : { ...rest, [name]: value });
  };
  if (names.length === 0) return <AnyArgs args={args} onChange={onChange} />;
  return (
    <fieldset class="group stack" aria-labelledby={id}>
      <legend id={id}>Arguments</legend>
      {names.map((name) => (
        <ArgField
          key={name}
          name={name}
          schema={resolved(properties[name] ?? {}, schema)}
          isRequired={required.includes(name)}
          value={args[name]}
          onChange={(value) => set(name, value)}
        />
      ))}
    </fieldset>
  );
}

interface ArgFieldProps {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
  readonly value: Json | undefined;
  readonly onChange: (value: Json | undefined) => void;
}

function ArgField({ name, schema, isRequired, value, onChange }: ArgFieldProps) {
  const label = isRequired ? `${name} (required)` : name;
  const hint = typeof schema["description"] === "string" ? schema["description"] : undefined;
  const type = typeOf(schema, value);
  const choices = schema["enum"] as readonly Json[] | undefined;
  if (choices !== undefined) {
    const options = [
      ...(isRequired ? [] : [{ value: "", label: "not given" }]),
      ...choices.map((each) => ({
        value: JSON.stringify(each),
        label: typeof each === "string" ? each : JSON.stringify(each),
      })),
    ];
    const onChoice = (text: string): void => onChange(text === "" ? undefined : (JSON.parse(text) as Json));
    return (
      <Select
        {...{ label, hint, options }}
        value={value === undefined ? "" : JSON.stringify(value)}
        onChange={onChoice}
      />
    );
  }
  switch (type) {
    case "boolean":
      return <Check label={label} checked={value === true} onChange={onChange} />;
    case "number":
    case "integer": {
      const number = typeof value === "number" ? value : null;
      const step = type === "integer" ? 1 : "any";
      return (
        <NumberField {...{ label, hint, step }} value={number} onInput={(given) => onChange(given ?? undefined)} />
      );
    }
    case "string": {
      const text = typeof value === "string" ? value : "";
      const given = (typed: string): void => onChange(typed === "" && !isRequired ? undefined : typed);
      return <TextField {...{ label, hint }} value={text} onInput={given} />;
    }
    default:
      return <JsonField {...{ label, hint, value, onChange }} />;
  }
}

function JsonField(
  props: Omit<ArgFieldProps, "name" | "schema" | "isRequired"> & {
    readonly label: string;
    readonly hint: string | undefined;
  },
) {
  const { label, hint, value, onChange } = props;
  const onInput = (text: string): void => {
    if (text.trim() === "") return onChange(undefined);
    onChange(parsed(text) ?? text);
  };
  const text = typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value, null, 1);
  const mistake = typeof value === "string" ? "This is not JSON yet: it is given as text." : undefined;
  return <TextArea label={`${label}, as JSON`} hint={hint} value={text} mistake={mistake} onInput={onInput} />;
}

/** Where nothing is known of the arguments. */
function AnyArgs({ args, onChange }: { readonly args: Args; readonly onChange: (args: Args) => void }) {
  const onInput = (value: Json | undefined): void => {
    if (value !== null && typeof value === "object" && !Array.isArray(value)) onChange(value as Args);
    if (value === undefined) onChange({});
  };
  return (
    <JsonField
      label="Arguments"
      hint="The action says nothing of its arguments: an object."
      value={args}
      onChange={onInput}
    />
  );
}

function typeOf({ type }: JsonSchema, value: Json | undefined): string {
  const given = Array.isArray(type) ? (type as string[]).find((each) => each !== "null") : type;
  if (typeof given === "string") return given;
  return value === undefined || value === null ? "string" : typeof value;
}

function resolved(schema: JsonSchema, root: JsonSchema | null): JsonSchema {
  const { $ref: reference } = schema;
  if (typeof reference !== "string" || !reference.startsWith("#/")) return schema;
  let at: unknown = root;
  for (const part of reference.slice(2).split("/")) at = (at as Readonly<Record<string, unknown>> | null)?.[part];
  return (at as JsonSchema | undefined) ?? schema;
}

function parsed(text: string): Json | null {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}
