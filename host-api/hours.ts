/**
 * Business hours: open or closed at an instant, and the next opening, by the clocks of a time zone. Pure, on Temporal: a day that is
 * 23 or 25 hours long, hours that end after midnight and holidays come out as the clocks on the wall have them.
 */

/** "HH:MM" from 00:00 to 24:00. A closing time at or before the opening time is on the next day. */
export type Hours = readonly [opens: string, closes: string];
export type Weekday = "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday" | "sunday";

export interface BusinessHours {
  /** IANA name, such as "America/New_York". */
  readonly timeZone: string;
  /** Hours of each weekday; a day that is not named is closed. Several spans make a break. */
  readonly week: Readonly<Partial<Record<Weekday, Hours | readonly Hours[]>>>;
  /** By date, "2026-12-25": closed (`null`) or hours of its own, in the place of the weekday's. */
  readonly holidays?: Readonly<Record<string, null | Hours | readonly Hours[]>>;
}

/** A class of Temporal, where the project's `lib` has it; else what is there of it in every project. */
type OfTemporal<Name extends string, Otherwise> = typeof globalThis extends {
  readonly Temporal: { readonly [Key in Name]: { readonly prototype: infer Value } };
}
  ? Value
  : Otherwise;
interface InTime {
  readonly epochMilliseconds: number;
  toString(): string;
}
export type Instant = OfTemporal<"Instant", InTime>;
export type ZonedDateTime = OfTemporal<"ZonedDateTime", InTime & { readonly timeZoneId: string }>;

export type InstantLike = Instant | Date | string;

export interface Opening {
  readonly opens: ZonedDateTime;
  readonly closes: ZonedDateTime;
}

export interface Schedule {
  /** Whether it is open; the closing instant itself is closed. Default: now. */
  isOpen(at?: InstantLike): boolean;
  /** The span that is open at that instant, or null. */
  current(at?: InstantLike): Opening | null;
  /** The next time it opens after that instant, or null where it does not within a year. */
  nextOpening(at?: InstantLike): ZonedDateTime | null;
}

const WEEKDAYS: readonly Weekday[] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const TIME = /^(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/;
const DATE = /^\d{4}-\d\d-\d\d$/;
const DAYS_AHEAD = 366;

/** Throws a RangeError that names the key and what is wrong with it. */
export function businessHours(given: BusinessHours): Schedule {
  const { timeZone, week, holidays } = readHours(given);

  const spansOn = (date: Temporal.PlainDate): Opening[] => {
    const key = date.toString();
    const hours = Object.hasOwn(holidays, key) ? holidays[key] : week[WEEKDAYS[date.dayOfWeek - 1]!];
    return (
      spansOf(hours)
        .map(([opens, closes]) => ({
          opens: onClock(date, opens, timeZone),
          closes: onClock(minutesOf(closes) <= minutesOf(opens) ? date.add({ days: 1 }) : date, closes, timeZone),
        }))
        // A span that falls into the hour that the clocks skip is none.
        .filter(({ opens, closes }) => compare(opens, closes) < 0)
    );
  };
  /** The openings of these days as people live them: spans that touch or overlap are one, across midnight too. */
  const openings = (from: Temporal.PlainDate, days: number): Opening[] => {
    const spans = Array.from({ length: days }, (_, day) => spansOn(from.add({ days: day }))).flat();
    const merged: Opening[] = [];
    for (const span of spans.toSorted((left, right) => compare(left.opens, right.opens))) {
      const last = merged.at(-1);
      if (last === undefined || compare(span.opens, last.closes) > 0) merged.push(span);
      else if (compare(span.closes, last.closes) > 0) merged[merged.length - 1] = { ...last, closes: span.closes };
    }
    return merged;
  };
  const zoned = (at: InstantLike | undefined) => instantOf(at).toZonedDateTimeISO(timeZone);

  const isOpen = (at?: InstantLike): boolean => {
    const time = zoned(at);
    const near = openings(time.toPlainDate().subtract({ days: 1 }), 2);
    return near.some(({ opens, closes }) => compare(opens, time) <= 0 && compare(time, closes) < 0);
  };

  const current = (at?: InstantLike): Opening | null => {
    const time = zoned(at);
    const today = time.toPlainDate();
    const isOpenIn = ({ opens, closes }: Opening) => compare(opens, time) <= 0 && compare(time, closes) < 0;
    if (!isOpen(at)) return null;
    // Open now: as far back and ahead as it goes on, up to a year, so that what never closes says so once.
    for (const days of [2, 8, DAYS_AHEAD]) {
      const found = openings(today.subtract({ days }), 2 * days + 1).find(isOpenIn);
      const inside = (edge: Temporal.ZonedDateTime) => Math.abs(today.until(edge.toPlainDate()).days) < days;
      if (found && (days === DAYS_AHEAD || (inside(found.opens) && inside(found.closes)))) return found;
    }
    return null;
  };

  return {
    current,
    isOpen,
    nextOpening(at) {
      const time = zoned(at);
      const yesterday = time.toPlainDate().subtract({ days: 1 });
      for (const days of [3, 9, DAYS_AHEAD + 1]) {
        const later = openings(yesterday, days).find(({ opens }) => compare(opens, time) > 0);
        if (later) return later.opens;
      }
      return null;
    },
  };
}

const compare = (left: Temporal.ZonedDateTime, right: Temporal.ZonedDateTime): number =>
  Temporal.ZonedDateTime.compare(left, right);

type ReadHours = Required<BusinessHours>;

/** A Map or a promise has no keys of its own, and would pass for hours that are never open. */
const isObject = (value: unknown): value is Record<string, unknown> =>
  Object.prototype.toString.call(value) === "[object Object]";

function readHours(given: BusinessHours): ReadHours {
  if (!isObject(given)) throw wrong("the hours are no object like { timeZone, week, holidays }");
  for (const key of Object.keys(given)) {
    if (!["timeZone", "week", "holidays"].includes(key))
      throw wrong(`there is no "${key}"; there are timeZone, week, holidays`);
  }
  const { timeZone, week, holidays = {} } = given;
  check(
    () => typeof timeZone === "string" && Temporal.Now.instant().toZonedDateTimeISO(timeZone),
    `timeZone: ${shown(timeZone)} is no time zone like "America/New_York"`,
  );
  if (!isObject(week)) throw wrong('week is no object like { monday: ["09:00", "17:30"] }');
  for (const day of Object.keys(week)) {
    if (!WEEKDAYS.includes(day as Weekday)) throw wrong(`week: "${day}" is no weekday; use monday to sunday`);
    spansOf(week[day as Weekday], `week.${day}`);
  }
  if (!isObject(holidays)) throw wrong('holidays are no object like { "2026-12-25": null }');
  for (const [date, hours] of Object.entries(holidays)) {
    check(() => DATE.test(date) && Temporal.PlainDate.from(date), `holidays: "${date}" is no date like 2026-12-25`);
    spansOf(hours, `holidays["${date}"]`);
  }
  return { timeZone, week, holidays };
}

const wrong = (what: string): RangeError => new RangeError(`businessHours: ${what} (docs/web-platform.md)`);

function shown(value: unknown): string {
  try {
    return (JSON.stringify(value) ?? typeof value).slice(0, 80);
  } catch {
    return typeof value;
  }
}

function check(read: () => unknown, message: string): void {
  let ok = false;
  try {
    ok = Boolean(read());
  } catch {
    // said below
  }
  if (!ok) throw wrong(message);
}

function spansOf(hours: null | undefined | Hours | readonly Hours[], of = ""): readonly Hours[] {
  if (hours === null || hours === undefined) return [];
  if (!Array.isArray(hours)) throw wrong(`${of}: ${shown(hours)} are no hours like ["09:00", "17:30"]`);
  const spans = (typeof hours[0] === "string" ? [hours] : hours) as readonly Hours[];
  for (const span of spans) {
    const ok = Array.isArray(span) && span.length === 2 && span.every((time) => TIME.test(time)) && span[0] !== "24:00";
    if (!ok) throw wrong(`${of}: ${shown(span)} are no hours like ["09:00", "17:30"]`);
  }
  return spans;
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

/** What the clocks call that time; where they skip it, the instant at which they do. */
function onClock(date: Temporal.PlainDate, time: string, timeZone: string): Temporal.ZonedDateTime {
  if (time === "24:00") return date.add({ days: 1 }).toZonedDateTime({ timeZone });
  const plain = date.toPlainDateTime(time);
  const later = plain.toZonedDateTime(timeZone, { disambiguation: "compatible" });
  if (later.toPlainDateTime().equals(plain)) return later;
  return later.subtract({ hours: 3 }).getTimeZoneTransition("next") ?? later;
}

function instantOf(at: InstantLike | undefined): Temporal.Instant {
  if (at === undefined) return Temporal.Now.instant();
  try {
    if (typeof at === "string") return Temporal.Instant.from(at);
    if (Object.prototype.toString.call(at) === "[object Date]")
      return Temporal.Instant.fromEpochMilliseconds((at as Date).getTime());
    return Temporal.Instant.from(at as Temporal.Instant);
  } catch {
    throw wrong(`${shown(at)} is no instant: give a Temporal.Instant, a Date, or text like "2026-12-24T18:00:00Z"`);
  }
}
