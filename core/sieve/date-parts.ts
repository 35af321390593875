/** RFC 5260 §4.1, §4.2: zones and date parts. */
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const pad = (value: number, width = 2): string => String(value).padStart(width, "0");

/** `+HHMM` or `-HHMM` as minutes east; null when it is neither. */
export const zoneMinutesOf = (zone: string): number | null => {
  const match = /^([+-])(\d{2})(\d{2})$/.exec(zone);
  return match ? (match[1] === "-" ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3])) : null;
};

/** The named part of an instant told in a zone; null for a name that is none. */
export const datePart = (part: string, instant: number, zoneMinutes: number): string | null => {
  const local = new Date(instant + zoneMinutes * 60_000);
  const [year, month, day] = [pad(local.getUTCFullYear(), 4), pad(local.getUTCMonth() + 1), pad(local.getUTCDate())];
  const time = `${pad(local.getUTCHours())}:${pad(local.getUTCMinutes())}:${pad(local.getUTCSeconds())}`;
  const sign = zoneMinutes < 0 ? "-" : "+";
  const [zoneHours, zoneRest] = [pad(Math.floor(Math.abs(zoneMinutes) / 60)), pad(Math.abs(zoneMinutes) % 60)];
  switch (part.toLowerCase()) {
    case "year":
      return year;
    case "month":
      return month;
    case "day":
      return day;
    case "date":
      return `${year}-${month}-${day}`;
    case "julian":
      return String(Math.floor(local.getTime() / 86_400_000) + 40_587);
    case "hour":
      return pad(local.getUTCHours());
    case "minute":
      return pad(local.getUTCMinutes());
    case "second":
      return pad(local.getUTCSeconds());
    case "time":
      return time;
    case "iso8601":
      return `${year}-${month}-${day}T${time}${zoneMinutes === 0 ? "Z" : `${sign}${zoneHours}:${zoneRest}`}`;
    case "std11":
      return `${WEEKDAYS[local.getUTCDay()]}, ${local.getUTCDate()} ${MONTHS[local.getUTCMonth()]} ${year} ${time} ${sign}${zoneHours}${zoneRest}`;
    case "zone":
      return `${sign}${zoneHours}${zoneRest}`;
    case "weekday":
      return String(local.getUTCDay());
    default:
      return null;
  }
};

export const isDatePart = (part: string): boolean => datePart(part, 0, 0) !== null;
