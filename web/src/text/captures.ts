import type { Capture, Trigger } from '../protocol_media.ts';
import { bytesText } from './sizes.ts';
import { clockText, lengthText } from './time.ts';

export const trigger_texts: Readonly<Record<Trigger, string>> = {
  pir: 'Motion',
  request: 'Asked for',
  alarm: 'Alarm',
  record: 'Recording',
  still: 'Picture',
};

export function triggerText(trigger: string): string {
  return (trigger_texts as Readonly<Record<string, string>>)[trigger] ?? trigger;
}

export interface CaptureWords {
  tone: 'busy' | 'ok' | 'danger';
  /** '' for what is ready, which needs no word. */
  badge: string;
  /** One line on how it is: what goes on, or what went wrong. */
  line: string;
}

/** How a capture is, in words. `now_ms`: the hub's wall clock. */
export function describeCapture(capture: Capture, now_ms: number): CaptureWords {
  const { state, trigger, message, bytes } = capture;
  const size = bytes > 0 ? `${bytesText(bytes)} so far` : 'nothing yet';
  switch (state) {
    case 'open': {
      const since = lengthText(now_ms - capture.started_ms);
      return trigger === 'record'
        ? { tone: 'busy', badge: 'Recording', line: `For ${since}, ${size}` }
        : { tone: 'busy', badge: 'Arriving', line: `Parts come from the device: ${size}` };
    }
    case 'joining':
      return { tone: 'busy', badge: 'Joining', line: message || `Its parts become one video, ${bytesText(bytes)}` };
    case 'failed':
      return { tone: 'danger', badge: 'Failed', line: message || 'No video could be made of it.' };
    case 'ready': {
      const length = capture.kind === 'video' ? clockText(capture.duration_ms) : '';
      return { tone: 'ok', badge: '', line: [length, bytesText(bytes)].filter(Boolean).join(' · ') };
    }
  }
}

/** "Part 4 is missing", "Parts 2, 3 and 9 are missing"; '' when all are there. Counted from one, as people do. */
export function gapsText(gaps: readonly number[]): string {
  const parts = gaps.map((number) => String(number + 1));
  const last = parts.pop();
  if (last === undefined) return '';
  if (parts.length === 0) return `Part ${last} is missing`;
  if (parts.length >= 6) return `${parts.length + 1} parts are missing`;
  return `Parts ${parts.join(', ')} and ${last} are missing`;
}
