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

export type InstantLike = Temporal.Instant | Date | string;

export interface Opening {
  readonly opens: Temporal.ZonedDateTime;
  readonly closes: Temporal.ZonedDateTime;
}

export interface Schedule {
  /** Whether it is open; the closing instant itself is closed. Default: now. */
  isOpen(at?: InstantLike): boolean;
  /** The span that is open at that instant, or null. */
  current(at?: InstantLike): Opening | null;
  /** The next time it opens after that instant, or null where it does not within a year. */
  nextOpening(at?: InstantLike): Temporal.ZonedDateTime | null;
}

const WEEKDAYS: readonly Weekday[] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const TIME = /^(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/;
const DATE = /^\d{4}-\d\d-\d\d$/;
const DAYS_AHEAD = 366;

/** Throws a RangeError that names what is wrong with the hours. */
export function businessHours({ timeZone, week, holidays = {} }: BusinessHours): Schedule {
  check(() => Temporal.Now.instant().toZonedDateTimeISO(timeZone), `"${timeZone}" is no time zone`);
  for (const day of Object.keys(week)) {
    if (!WEEKDAYS.includes(day as Weekday)) throw new RangeError(`"${day}" is no weekday; use monday to sunday`);
    spansOf(week[day as Weekday]);
  }
  for (const [date, hours] of Object.entries(holidays)) {
    check(() => DATE.test(date) && Temporal.PlainDate.from(date), `"${date}" is no date like 2026-12-25`);
    spansOf(hours);
  }

  const openingsOn = (date: Temporal.PlainDate): Opening[] => {
    const key = date.toString();
    const hours = Object.hasOwn(holidays, key) ? holidays[key] : week[WEEKDAYS[date.dayOfWeek - 1]!];
    return (
      spansOf(hours)
        .map(([opens, closes]) => ({
          opens: onClock(date, opens, timeZone),
          closes: onClock(minutesOf(closes) <= minutesOf(opens) ? date.add({ days: 1 }) : date, closes, timeZone),
        }))
        // A span that falls into the hour that the clocks skip is none.
        .filter(({ opens, closes }) => Temporal.ZonedDateTime.compare(opens, closes) < 0)
    );
  };
  const zoned = (at: InstantLike | undefined) => instantOf(at).toZonedDateTimeISO(timeZone);

  const current = (at?: InstantLike): Opening | null => {
    const time = zoned(at);
    const today = time.toPlainDate();
    const spans = [...openingsOn(today.subtract({ days: 1 })), ...openingsOn(today)];
    const now = (span: Opening) =>
      Temporal.ZonedDateTime.compare(span.opens, time) <= 0 && Temporal.ZonedDateTime.compare(time, span.closes) < 0;
    return spans.find(now) ?? null;
  };

  return {
    current,
    isOpen: (at) => current(at) !== null,
    nextOpening(at) {
      const time = zoned(at);
      const today = time.toPlainDate();
      for (let days = 0; days <= DAYS_AHEAD; days++) {
        const later = openingsOn(today.add({ days }))
          .map(({ opens }) => opens)
          .filter((opens) => Temporal.ZonedDateTime.compare(opens, time) > 0)
          .toSorted((left, right) => Temporal.ZonedDateTime.compare(left, right));
        if (later[0]) return later[0];
      }
      return null;
    },
  };
}

function check(read: () => unknown, message: string): void {
  let ok = false;
  try {
    ok = Boolean(read());
  } catch {
    // said below
  }
  if (!ok) throw new RangeError(message);
}

function spansOf(hours: null | undefined | Hours | readonly Hours[]): readonly Hours[] {
  if (hours === null || hours === undefined) return [];
  const spans = (typeof hours[0] === "string" ? [hours] : hours) as readonly Hours[];
  for (const span of spans) {
    const ok = Array.isArray(span) && span.length === 2 && span.every((time) => TIME.test(time)) && span[0] !== "24:00";
    if (!ok) throw new RangeError(`${JSON.stringify(span)} are no hours like ["09:00", "17:30"]`);
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
  if (typeof at === "string") return Temporal.Instant.from(at);
  return at instanceof Date ? Temporal.Instant.fromEpochMilliseconds(at.getTime()) : at;
}
