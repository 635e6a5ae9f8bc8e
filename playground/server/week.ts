/** The half-hours of a day by the clocks of a time zone: 46 of them where the clocks are put forward, 50 where they are put back. */

export interface HalfHour {
  /** What the clock on the wall shows, "09:30". */
  readonly local: string;
  /** ISO 8601. */
  readonly instant: string;
}

const HALF_HOUR = 30 * 60_000;

/** Null for a zone that is not known. */
export function halfHoursOf(date: string, zone: string): HalfHour[] | null {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-CA", {
      ...{ timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit" },
      ...{ hour: "2-digit", minute: "2-digit" },
    });
  } catch {
    return null;
  }
  const found: HalfHour[] = [];
  // No zone is further than 14 hours from UTC; what lies on the date by its own clocks is kept.
  const start = Date.parse(`${date}T00:00:00Z`) - 15 * 3_600_000;
  for (let time = start; time < start + 54 * 3_600_000; time += HALF_HOUR) {
    const part = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, value]));
    if (`${part["year"]}-${part["month"]}-${part["day"]}` !== date) continue;
    found.push({ local: `${part["hour"]}:${part["minute"]}`, instant: new Date(time).toISOString() });
  }
  return found;
}
