/** Schedule expressions of EventBridge rules and schedules: `rate(5 minutes)`, `cron(0 12 * * ? *)` (UTC), `at(2026-11-22T17:00:00)`. */
export type Schedule =
  | { readonly kind: "rate"; readonly milliseconds: number }
  | { readonly kind: "cron"; readonly fields: CronFields }
  | { readonly kind: "at"; readonly time: number };

interface CronFields {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number> | null;
  readonly months: ReadonlySet<number>;
  /** 1 = Sunday … 7 = Saturday, as EventBridge counts. */
  readonly weekdays: ReadonlySet<number> | null;
}

const units: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
const monthNames = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const weekdayNames = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
/** A cron expression names some minute within four years, or it names none. */
const mostMinutesAhead = 4 * 366 * 24 * 60;

/** Null when the expression is not understood. */
export function parseSchedule(expression: string): Schedule | null {
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression);
  if (rate) return { kind: "rate", milliseconds: Number(rate[1]) * units[rate[2]!]! };
  const at = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(expression);
  if (at) return { kind: "at", time: Date.parse(`${at[1]}Z`) };
  const cron = /^cron\(([^)]+)\)$/.exec(expression)?.[1]?.trim().split(/\s+/);
  if (cron?.length !== 6) return null;
  const [minute, hour, day, month, weekday, year] = cron as [string, string, string, string, string, string];
  const minutes = parseField(minute, 0, 59);
  const hours = parseField(hour, 0, 23);
  const months = parseField(named(month, monthNames), 1, 12);
  const days = day === "?" ? null : parseField(day, 1, 31);
  const weekdays = weekday === "?" ? null : parseField(named(weekday, weekdayNames), 1, 7);
  if (!minutes || !hours || !months || days === undefined || weekdays === undefined || year !== "*") return null;
  return { kind: "cron", fields: { minutes, hours, months, days, weekdays } };
}

/** Next time at or after `from`; null when there is none. A rate counts from `begun`. */
export function nextTime(schedule: Schedule, from: number, begun: number): number | null {
  if (schedule.kind === "at") return schedule.time >= from ? schedule.time : null;
  if (schedule.kind === "rate") return begun + Math.ceil(Math.max(1, from - begun) / schedule.milliseconds) * schedule.milliseconds;
  for (let step = 0, time = Math.ceil(from / 60_000) * 60_000; step < mostMinutesAhead; step += 1, time += 60_000) {
    if (cronMatches(schedule.fields, new Date(time))) return time;
  }
  return null;
}

function cronMatches(fields: CronFields, time: Date): boolean {
  return (
    fields.minutes.has(time.getUTCMinutes()) &&
    fields.hours.has(time.getUTCHours()) &&
    fields.months.has(time.getUTCMonth() + 1) &&
    (fields.days?.has(time.getUTCDate()) ?? true) &&
    (fields.weekdays?.has(time.getUTCDay() + 1) ?? true)
  );
}

/** `*`, lists, ranges and steps; undefined for anything else (L, W and # are not known here). */
function parseField(text: string, least: number, most: number): ReadonlySet<number> | undefined {
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^(\*|\d+)(?:-(\d+))?(?:\/(\d+))?$/.exec(part);
    if (!match) return undefined;
    const [, first, last, step] = match;
    const from = first === "*" ? least : Number(first);
    const to = last !== undefined ? Number(last) : first === "*" || step !== undefined ? most : from;
    if (from < least || to > most || from > to || Number(step ?? 1) < 1) return undefined;
    for (let value = from; value <= to; value += Number(step ?? 1)) values.add(value);
  }
  return values;
}

function named(text: string, names: readonly string[]): string {
  return text.toUpperCase().replace(/[A-Z]{3}/g, (name) => (names.includes(name) ? String(names.indexOf(name) + 1) : name));
}
