/** 0:42, 12:05, 1:02:03; rounded up, so that a countdown shows 0:01 until it is over. */
export function clockText(duration_ms: number): string {
  const total = Math.max(0, Math.ceil(duration_ms / 1000));
  const seconds = String(total % 60).padStart(2, '0');
  const minutes = Math.floor(total / 60) % 60;
  const hours = Math.floor(total / 3600);
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${seconds}` : `${minutes}:${seconds}`;
}

/** 1st, 2nd, 3rd, 4th, 11th, 21st. */
export function ordinal(n: number): string {
  const tens = n % 100;
  if (tens >= 11 && tens <= 13) return `${n}th`;
  return `${n}${['th', 'st', 'nd', 'rd'][n % 10] ?? 'th'}`;
}

/** "just now", "5 min ago", "3 h ago", "2 days ago". */
export function agoText(elapsed_ms: number): string {
  const minutes = Math.floor(elapsed_ms / 60000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ago`;
  return `${Math.floor(hours / 24)} days ago`;
}

const timeOfDay = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });

export function timeOfDayText(at_ms: number): string {
  return timeOfDay.format(new Date(at_ms));
}

/** When an event was: the time of day, with the day where it was another one than today. */
export function eventTimeText(at_ms: number, now_ms: number): string {
  const today = new Date(at_ms).toDateString() === new Date(now_ms).toDateString();
  return today ? timeOfDayText(at_ms) : momentText(at_ms);
}

const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** Date and time of day, as this machine writes them. */
export function dateTimeText(at_ms: number): string {
  return dateTime.format(new Date(at_ms));
}

/** "12 s", "5 min", "3 h", "2 days": a length in its largest unit. */
export function lengthText(duration_ms: number): string {
  const seconds = Math.floor(Math.max(0, duration_ms) / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}

/** "5 min ago" of the past, "in 3 days" of the future; `from_now_ms` is negative for the past. */
export function whenText(from_now_ms: number): string {
  if (from_now_ms <= 0) return agoText(-from_now_ms);
  return from_now_ms < 60000 ? 'in less than a minute' : `in ${lengthText(from_now_ms)}`;
}

const moment = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

/** Day and time of day without the year, for what is recent: "21 Nov, 14:03:22". */
export function momentText(at_ms: number): string {
  return moment.format(new Date(at_ms));
}
