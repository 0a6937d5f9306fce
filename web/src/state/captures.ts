import { asProblem, request, type Problem } from '../net/http.ts';
import type { LiveSocket } from '../net/live.ts';
import type { HubMessage } from '../protocol.ts';
import type { Capture, CapturesPage } from '../protocol_media.ts';
import { Store } from './store.ts';

/** Which captures; '' for all. */
export interface CaptureChoice {
  device: string;
  trigger: string;
}

export interface CapturesState {
  /** Newest first; null before the first answer. */
  list: readonly Capture[] | null;
  next_before: number | null;
  loading: boolean;
  problem: Problem | null;
}

export interface CapturePart {
  number: number;
  bytes: number;
  state: string;
  message: string;
}

type Ask = <T>(method: string, path: string, body?: unknown) => Promise<T>;

/**
 * Captures, page by page towards the past. What the live socket says of devices that are watched is taken in at once;
 * `load` brings the newest page again and keeps the older ones.
 */
export class CapturesStore {
  readonly state = new Store<CapturesState>({ list: null, next_before: null, loading: false, problem: null });
  private choice_: CaptureChoice;
  private round_ = 0;
  /** Up to this one the pages that were brought leave nothing out; what is told of newer ones may leave some out. */
  private reached_ = 0;
  /** Gone since the answer under way was asked for. */
  private readonly gone_ = new Set<number>();
  /** Heard of since then: the answer may be older. */
  private heard_: Capture[] = [];
  private readonly release_: () => void;

  constructor(
    live: Pick<LiveSocket, 'onMessage'>,
    choice: CaptureChoice,
    private readonly page_size = 24,
    private readonly ask: Ask = request,
  ) {
    this.choice_ = choice;
    this.release_ = live.onMessage((message) => this.take(message));
  }

  close(): void {
    this.round_ += 1;
    this.release_();
  }

  get choice(): CaptureChoice {
    return this.choice_;
  }

  /** Shows another choice, from its newest on. */
  async choose(choice: CaptureChoice): Promise<void> {
    this.choice_ = choice;
    this.reached_ = 0;
    this.state.patch({ list: null, next_before: null });
    await this.load();
  }

  /** Brings the newest page again. Never throws: a refusal is in `state.problem`. */
  async load(): Promise<void> {
    await this.fetch(null);
  }

  /** Appends the next, older page. */
  async older(): Promise<void> {
    const { next_before, loading } = this.state.value;
    if (next_before !== null && !loading) await this.fetch(next_before);
  }

  /** Takes what an action has answered. */
  put(capture: Capture): void {
    if (this.state.value.loading) this.heard_.push(capture);
    const { list, next_before } = this.state.value;
    if (!this.chosen(capture) || this.gone_.has(capture.id) || !list) return;
    const rest = list.filter(({ id }) => id !== capture.id);
    // Older than what is shown: it comes with its own page.
    if (rest.length === list.length && next_before !== null && capture.id < next_before) return;
    this.state.patch({ list: [...rest, capture].sort((a, b) => b.id - a.id) });
  }

  drop(id: number): void {
    this.gone_.add(id);
    const list = this.state.value.list?.filter((capture) => capture.id !== id);
    if (list && list.length !== this.state.value.list?.length) this.state.patch({ list });
  }

  private chosen({ device, trigger }: Capture): boolean {
    return (
      (this.choice_.device === '' || this.choice_.device === device) &&
      (this.choice_.trigger === '' || this.choice_.trigger === trigger)
    );
  }

  private take(message: HubMessage): void {
    if (message.type === 'capture') this.put(message.capture);
    else if (message.type === 'capture_gone') this.drop(message.id);
    else if (message.type === 'device_gone') {
      const list = this.state.value.list?.filter(({ device }) => device !== message.device);
      if (list && list.length !== this.state.value.list?.length) this.state.patch({ list });
    }
  }

  private async fetch(before: number | null): Promise<void> {
    const round = ++this.round_;
    this.heard_ = [];
    this.state.patch({ loading: true, problem: null });
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(this.choice_)) if (value !== '') query.set(name, value as string);
    query.set('limit', String(this.page_size));
    if (before !== null) query.set('before', String(before));
    try {
      const page = await this.ask<CapturesPage>('GET', `/api/v1/captures?${query.toString()}`);
      if (round !== this.round_) return;
      const fresh = page.captures.filter(({ id }) => !this.gone_.has(id));
      const known = this.state.value.list ?? [];
      const least = fresh.at(-1)?.id ?? 0;
      // The newest page again says nothing of the pages behind it, which stay where the two meet.
      const again = before === null && page.next_before !== null && (page.captures.at(-1)?.id ?? 0) <= this.reached_;
      if (before === null) this.reached_ = page.captures[0]?.id ?? 0;
      const older = again ? known.filter(({ id }) => id < least) : [];
      const newer = before === null ? [] : known.filter(({ id }) => !fresh.some((each) => each.id === id));
      this.state.set({
        list: [...newer, ...fresh, ...older],
        next_before: older.length > 0 ? this.state.value.next_before : page.next_before,
        loading: false,
        problem: null,
      });
      for (const capture of this.heard_) this.put(capture);
    } catch (error) {
      if (round === this.round_) this.state.patch({ loading: false, problem: asProblem(error) });
    }
  }
}

/** Whether anything of it may still change. */
export function isUnfinished({ state }: Pick<Capture, 'state'>): boolean {
  return state === 'open' || state === 'joining';
}

const devicePath = (device: string): string => `/api/v1/devices/${encodeURIComponent(device)}`;

export function capturePath(id: number, file: 'video.mp4' | 'still.jpg', download = false): string {
  return `/api/v1/captures/${id}/${file}${download ? '?download=1' : ''}`;
}

/** Records a live stream for so long. @throws Problem */
export function record(device: string, stream: string, for_ms: number): Promise<Capture> {
  return request<Capture>('POST', `${devicePath(device)}/captures`, { stream, for_ms });
}

/** Ends a recording before its time. @throws Problem */
export function endRecording(id: number): Promise<Capture> {
  return request<Capture>('POST', `/api/v1/captures/${id}/end`, {});
}

/** Keeps the newest picture. @throws Problem */
export function keepPicture(device: string, stream: string): Promise<Capture> {
  const query = new URLSearchParams({ stream });
  return request<Capture>('POST', `${devicePath(device)}/snapshot?${query.toString()}`, {});
}

/** @throws Problem */
export function removeCapture(id: number): Promise<void> {
  return request('DELETE', `/api/v1/captures/${id}`);
}

/** The parts that it came in. @throws Problem */
export async function partsOf(id: number): Promise<CapturePart[]> {
  const answer = await request<Capture & { segments?: CapturePart[] }>('GET', `/api/v1/captures/${id}`);
  return answer.segments ?? [];
}
