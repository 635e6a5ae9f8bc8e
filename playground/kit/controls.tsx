/** Buttons and fields: each with a name, a hint and a mistake that a screen reader connects with it. */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

export interface ButtonProps {
  readonly children: ComponentChildren;
  readonly onClick?: ((event: MouseEvent) => void) | undefined;
  readonly kind?: "plain" | "primary" | "good" | "bad" | "normal" | undefined;
  readonly disabled?: boolean | undefined;
  readonly type?: "button" | "submit" | undefined;
  readonly label?: string | undefined;
  readonly pressed?: boolean | undefined;
  readonly title?: string | undefined;
  readonly class?: string | undefined;
}

export function Button({ children, onClick, kind = "normal", disabled, type = "button", ...more }: ButtonProps) {
  const classes = ["button", kind === "normal" ? "" : kind, more.class ?? ""].filter((each) => each !== "").join(" ");
  return (
    <button
      type={type}
      class={classes}
      disabled={disabled === true}
      onClick={onClick}
      title={more.title}
      aria-label={more.label}
      aria-pressed={more.pressed}
    >
      {children}
    </button>
  );
}

interface FieldProps {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly mistake?: string | null | undefined;
  readonly hideLabel?: boolean | undefined;
}

function Field({
  id,
  label,
  hint,
  mistake,
  hideLabel,
  children,
}: FieldProps & { id: string; children: ComponentChildren }) {
  return (
    <div class="field">
      <label for={id} class={hideLabel === true ? "hidden-text" : ""}>
        {label}
      </label>
      {children}
      {hint !== undefined && (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {mistake != null && (
        <span class="mistake" id={`${id}-mistake`}>
          {mistake}
        </span>
      )}
    </div>
  );
}

const described = (id: string, { hint, mistake }: FieldProps): string | undefined =>
  [hint !== undefined && `${id}-hint`, mistake != null && `${id}-mistake`].filter(Boolean).join(" ") || undefined;

export interface TextFieldProps extends FieldProps {
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly onEnter?: (() => void) | undefined;
  readonly placeholder?: string | undefined;
  readonly type?: "text" | "tel" | "search" | "password" | "datetime-local" | undefined;
  readonly required?: boolean | undefined;
  readonly autocomplete?: string | undefined;
}

export function TextField(props: TextFieldProps) {
  const id = useId();
  const { value, onInput, onEnter, type = "text" } = props;
  return (
    <Field id={id} {...props}>
      <input
        id={id}
        class="input"
        type={type as "text"}
        value={value}
        placeholder={props.placeholder}
        required={props.required}
        autocomplete={(props.autocomplete ?? "off") as "off"}
        spellcheck={false}
        aria-invalid={props.mistake == null ? undefined : "true"}
        aria-describedby={described(id, props)}
        onInput={(event) => onInput(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || onEnter === undefined) return;
          event.preventDefault();
          onEnter();
        }}
      />
    </Field>
  );
}

export function TextArea(
  props: FieldProps & {
    readonly value: string;
    readonly onInput: (value: string) => void;
    readonly rows?: number | undefined;
    readonly placeholder?: string | undefined;
  },
) {
  const id = useId();
  return (
    <Field id={id} {...props}>
      <textarea
        id={id}
        class="input"
        rows={props.rows ?? 3}
        value={props.value}
        placeholder={props.placeholder}
        aria-invalid={props.mistake == null ? undefined : "true"}
        aria-describedby={described(id, props)}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
    </Field>
  );
}

export function NumberField(
  props: FieldProps & {
    readonly value: number | null;
    readonly onInput: (value: number | null) => void;
    readonly min?: number | undefined;
    readonly max?: number | undefined;
    readonly step?: number | "any" | undefined;
  },
) {
  const id = useId();
  return (
    <Field id={id} {...props}>
      <input
        id={id}
        class="input"
        type="number"
        value={props.value ?? ""}
        min={props.min}
        max={props.max}
        step={props.step}
        aria-invalid={props.mistake == null ? undefined : "true"}
        aria-describedby={described(id, props)}
        onInput={({ currentTarget: { value, valueAsNumber } }) => props.onInput(value === "" ? null : valueAsNumber)}
      />
    </Field>
  );
}

export interface SelectProps<T extends string> extends FieldProps {
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: string }[];
  readonly onChange: (value: T) => void;
  readonly disabled?: boolean | undefined;
}

export function Select<T extends string>(props: SelectProps<T>) {
  const id = useId();
  return (
    <Field id={id} {...props}>
      <select
        id={id}
        class="input"
        value={props.value}
        disabled={props.disabled === true}
        aria-describedby={described(id, props)}
        onChange={(event) => props.onChange(event.currentTarget.value as T)}
      >
        {props.options.map(({ value, label }) => (
          <option key={value} value={value} selected={value === props.value}>
            {label}
          </option>
        ))}
      </select>
    </Field>
  );
}

export function Check(props: {
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (on: boolean) => void;
}) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={props.checked}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      {props.label}
    </label>
  );
}

/** One of a few, all in sight. */
export function Choice<T extends string>(props: {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: string }[];
  readonly onChange: (value: T) => void;
}) {
  const name = useId();
  return (
    <fieldset class="choice">
      <legend>{props.label}</legend>
      <div>
        {props.options.map(({ value, label }) => (
          <label key={value}>
            <input
              class="hidden-text"
              type="radio"
              name={name}
              value={value}
              checked={value === props.value}
              onChange={() => props.onChange(value)}
            />
            {label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
