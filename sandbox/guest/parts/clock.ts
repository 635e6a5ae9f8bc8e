/**
 * The clock of a run to which the host gave `now` or `seed`; without them the built-ins stay as V8 has them. With `now` the clock starts there
 * and ticks on; with `seed` it stands still but for timers and host answers, so that a run can be repeated exactly; that of a run that is recorded
 * stands still within a turn.
 * Loaded before the action's first line, so the built-ins that it finds are V8's.
 */
import type { RunData } from "../door.d.ts";
import type { defineLazyGlobals } from "../lazy-globals.ts";
import type { Primordials } from "../primordials.ts";
import { seededBits } from "../random.ts";
import type { Clock } from "../run-state.ts";

const NativeDate = Date;
const realNow = Date.now;
const floor = Math.floor;

type DefineLazyGlobals = typeof defineLazyGlobals;

export default function createClock(
  { now, seed, at, random }: RunData["clock"],
  primordials: Primordials,
  defineLazy: DefineLazyGlobals,
): Clock {
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
  replaceTemporal(clock, primordials, defineLazy);
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

interface Native {
  readonly constructor: { fromEpochMilliseconds?(ms: number): Native };
  toZonedDateTimeISO(zone: unknown): Native;
  toPlainDateTime(): Native;
  toPlainDate(): Native;
  toPlainTime(): Native;
  toPlainYearMonth(): Native;
  toPlainMonthDay(): Native;
  until(other: Native): Native;
}

/**
 * Even to look at V8's own `Temporal`, or at the method of dates that makes an instant, has V8 make all of it, which takes a quarter as long as a
 * small run. So a namespace of ours stands in its place from first use on, with V8's own classes, which an instant leads to; an action that has put a
 * method of its own in that place by then finds the classes of what it gives.
 */
function replaceTemporal(clock: Clock, primordials: Primordials, defineLazy: DefineLazyGlobals): void {
  // The polyfill, not loaded yet, reads `Date.now`.
  if (!primordials.hasOwn(NativeDate.prototype, "toTemporalInstant")) return;
  const epoch = new NativeDate(0) as Date & { readonly toTemporalInstant: () => Native };
  defineLazy({ Temporal: "" }, () =>
    makeTemporal(clock, primordials, primordials.apply(epoch.toTemporalInstant, epoch, [])),
  );
}

function makeTemporal(clock: Clock, { apply, defineProperty }: Primordials, first: Native): object {
  const Instant = first.constructor;
  const fromMs = Instant.fromEpochMilliseconds!;
  const instant = (): Native => apply(fromMs, Instant, [clock.now()]);
  const zoned = (zone: unknown): Native => instant().toZonedDateTimeISO(zone === undefined ? "UTC" : zone);
  const property = (object: object, name: PropertyKey, value: unknown, writable = true): void => {
    defineProperty(object, name, { value, writable, enumerable: false, configurable: true });
  };
  // None is a constructor, and none has a length, as with V8's own.
  const methods: Readonly<Record<string, unknown>> = {
    __proto__: null,
    instant: () => instant(),
    timeZoneId: () => "UTC",
    plainDateTimeISO: (...zone: unknown[]) => zoned(zone[0]).toPlainDateTime(),
    zonedDateTimeISO: (...zone: unknown[]) => zoned(zone[0]),
    plainDateISO: (...zone: unknown[]) => zoned(zone[0]).toPlainDate(),
    plainTimeISO: (...zone: unknown[]) => zoned(zone[0]).toPlainTime(),
  };
  const Now = {};
  for (const name in methods) property(Now, name, methods[name]);
  property(Now, Symbol.toStringTag, "Temporal.Now", false);
  const time = first.toZonedDateTimeISO("UTC");
  const date = time.toPlainDate();
  const ofThem: Readonly<Record<string, Native>> = {
    __proto__: null!,
    PlainDate: date,
    PlainTime: time.toPlainTime(),
    PlainDateTime: time.toPlainDateTime(),
    ZonedDateTime: time,
    Duration: first.until(first),
    Instant: first,
    PlainYearMonth: date.toPlainYearMonth(),
    PlainMonthDay: date.toPlainMonthDay(),
  };
  const temporal = {};
  property(temporal, "Now", Now);
  for (const name in ofThem) property(temporal, name, ofThem[name]!.constructor);
  property(temporal, Symbol.toStringTag, "Temporal", false);
  return temporal;
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
