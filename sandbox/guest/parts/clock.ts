/**
 * The clock of a run to which the host gave `now` or `seed`; without them the built-ins stay as V8 has them. With `now` the clock starts there
 * and ticks on; with `seed` it stands still but for timers and host answers, so that a run can be repeated exactly; that of a run that is recorded
 * stands still within a turn.
 * Loaded before the action's first line, so the built-ins that it finds are V8's.
 */
import type { RunData } from "../door.d.ts";
import type { Primordials } from "../primordials.ts";
import { seededBits } from "../random.ts";
import type { Clock } from "../run-state.ts";

const NativeDate = Date;
const realNow = Date.now;
const floor = Math.floor;

export default function createClock({ now, seed, at, random }: RunData["clock"], primordials: Primordials): Clock {
  const start = now === null ? (at ?? realNow()) : NativeDate.parse(now);
  let moved = 0;
  const began = realNow();
  let stands = at;
  const clock: Clock = {
    now: seed === null ? () => stands ?? start + (realNow() - began) : () => start + floor(moved),
    advance: (ms) => {
      moved += ms;
    },
    set: (time) => {
      stands = time;
    },
    bits: seed === null ? null : seededBits(seed),
  };
  replaceDate(clock, primordials);
  replaceIntl(clock, primordials);
  replaceTemporal(clock, primordials);
  if (clock.bits) replaceRandom(clock.bits, primordials);
  else if (random !== undefined) replaceRandom(seededBits(random), primordials);
  return clock;
}

function replaceDate(clock: Clock, { asString, construct, defineProperty }: Primordials): void {
  function Date(this: unknown, ...parts: unknown[]): unknown {
    if (new.target === undefined) return asString(new NativeDate(clock.now()));
    return construct(NativeDate, parts.length === 0 ? [clock.now()] : parts, new.target);
  }
  const method = (name: string, value: unknown): void => {
    defineProperty(Date, name, { value, writable: true, enumerable: false, configurable: true });
  };
  method("now", function now(): number {
    return clock.now();
  });
  method("parse", NativeDate.parse);
  method("UTC", NativeDate.UTC);
  defineProperty(Date, "length", { value: 7, configurable: true });
  // Bundling renames what has the name of a global.
  defineProperty(Date, "name", { value: "Date", configurable: true });
  defineProperty(Date, "prototype", { value: NativeDate.prototype, writable: false });
  defineProperty(NativeDate.prototype, "constructor", { value: Date, writable: true, configurable: true });
  defineProperty(globalThis, "Date", { value: Date, writable: true, enumerable: false, configurable: true });
}

/** `format()` and `formatToParts()` without a date mean now. */
function replaceIntl(clock: Clock, { apply, defineProperty, getOwnPropertyDescriptor }: Primordials): void {
  const prototype = Intl.DateTimeFormat.prototype;
  const nativeFormat = getOwnPropertyDescriptor(prototype, "format")!.get!;
  const nativeParts = prototype.formatToParts;
  defineProperty(prototype, "format", {
    get(this: Intl.DateTimeFormat) {
      const format = apply(nativeFormat, this, []) as (date: unknown) => string;
      return (date?: unknown) => format(date === undefined ? clock.now() : date);
    },
    enumerable: false,
    configurable: true,
  });
  defineProperty(prototype, "formatToParts", {
    value: function formatToParts(this: Intl.DateTimeFormat, date?: Date | number) {
      return apply(nativeParts, this, [date === undefined ? clock.now() : date]);
    },
    writable: true,
    enumerable: false,
    configurable: true,
  });
}

interface TemporalLike {
  Instant: { fromEpochMilliseconds(ms: number): { toZonedDateTimeISO(zone: unknown): Record<string, () => unknown> } };
  Now: object;
}

function replaceTemporal(clock: Clock, { apply, defineProperty, getOwnPropertyDescriptor }: Primordials): void {
  // The polyfill, not loaded yet, reads `Date.now`.
  const temporal = getOwnPropertyDescriptor(globalThis, "Temporal")?.value as TemporalLike | undefined;
  if (temporal === undefined) return;
  const { Instant } = temporal;
  const fromMs = Instant.fromEpochMilliseconds;
  const instant = () => apply(fromMs, Instant, [clock.now()]) as ReturnType<typeof fromMs>;
  const zoned = (zone: unknown) => instant().toZonedDateTimeISO(zone === undefined ? "UTC" : zone);
  const method = (name: string, value: unknown): void => {
    defineProperty(temporal.Now, name, { value, writable: true, enumerable: false, configurable: true });
  };
  method("instant", instant);
  method("zonedDateTimeISO", zoned);
  method("plainDateTimeISO", (zone?: unknown) => zoned(zone)["toPlainDateTime"]!());
  method("plainDateISO", (zone?: unknown) => zoned(zone)["toPlainDate"]!());
  method("plainTimeISO", (zone?: unknown) => zoned(zone)["toPlainTime"]!());
}

function replaceRandom(bits: () => number, { defineProperty }: Primordials): void {
  defineProperty(Math, "random", {
    value: function random(): number {
      return (bits() * 2 ** 21 + (bits() >>> 11)) / 2 ** 53;
    },
    writable: true,
    enumerable: false,
    configurable: true,
  });
}
