import { asProblem, type Problem } from '../net/http.ts';
import type { LiveSocket, Message } from '../net/live.ts';

/** What became of my own press, until the hub's state of the device says more. */
export type Press = { phase: 'pressing' } | { phase: 'heard' } | { phase: 'unheard'; detail: string };

/** So long the live socket alone has for its answer. */
const patience_ms = 700;
/** From then on a request goes this often, whatever became of those before. */
const repeat_ms = 2000;
/** A request without an answer is given up by then, and with it the browser gives up the connection that it hung on. */
const request_limit_ms = 6000;
/** A browser has only six connections to one hub. */
const most_requests = 3;
/** Whoever has to make it safe by hand is told after this long without any answer. */
const telling_ms = 4000;

/**
 * One stop on its way: over each live connection that there is or comes, and by requests, again and again until one of
 * them is answered. Which way still works nobody can tell: after a phone has slept, or where the network has forgotten
 * its connections, a dead one looks alive for long. To the hub all of them are the same stop.
 */
export class StopDelivery {
  private wanted_ = false;
  /** What was sent before the newest press does not answer it: somebody may have reset the stop in between. */
  private press_ = 0;
  private asked_ = false;
  private next_: ReturnType<typeof setTimeout> | undefined;
  private telling_: ReturnType<typeof setTimeout> | undefined;
  private readonly requests_ = new Set<AbortController>();

  constructor(
    private readonly live: LiveSocket,
    private readonly message: Message,
    private readonly post: (signal: AbortSignal) => Promise<unknown>,
    private readonly tell: (press: Press) => void,
  ) {}

  /** Not yet answered. */
  get wanted(): boolean {
    return this.wanted_;
  }

  /** Sends it; pressed again while it is on its way, sends it again. What is told of it stays until the hub answers. */
  press(): void {
    this.press_ += 1;
    if (!this.wanted_) {
      this.wanted_ = true;
      this.tell({ phase: 'pressing' });
      this.telling_ = setTimeout(() => {
        this.tell({ phase: 'unheard', detail: 'The hub has not answered yet.' });
      }, telling_ms);
    }
    this.live.retryNow();
    this.send();
  }

  /** A live connection has come. */
  online(): void {
    if (this.wanted_) this.send();
  }

  /** Nothing more is sent, or taken for an answer. */
  end(): void {
    this.wanted_ = false;
    this.pause();
    clearTimeout(this.telling_);
    // What still waits in the browser would stop the device anew behind a reset.
    for (const request of this.requests_) request.abort();
  }

  private send(): void {
    const press = this.press_;
    this.asked_ = false;
    this.next_ ??= setTimeout(() => this.ask(), patience_ms);
    this.live.request(this.message).then(
      () => this.heard(press),
      () => {
        if (this.wanted_ && press === this.press_ && !this.asked_) this.ask();
      },
    );
  }

  private ask(): void {
    this.pause();
    this.next_ = setTimeout(() => this.ask(), repeat_ms);
    this.asked_ = true;
    this.live.doubt();
    if (this.requests_.size < most_requests) void this.request(this.press_);
  }

  private async request(press: number): Promise<void> {
    const request = new AbortController();
    const limit = setTimeout(() => request.abort(), request_limit_ms);
    this.requests_.add(request);
    try {
      await this.post(request.signal);
      this.heard(press);
    } catch (error) {
      this.failed(press, asProblem(error));
    }
    clearTimeout(limit);
    this.requests_.delete(request);
  }

  private heard(press: number): void {
    if (!this.wanted_ || press !== this.press_) return;
    this.end();
    this.tell({ phase: 'heard' });
  }

  private failed(press: number, problem: Problem): void {
    if (!this.wanted_ || press !== this.press_) return;
    // Who is signed out or may not is refused again; whoever signs in, or may after all, gets a new live connection.
    if (isRefusal(problem)) this.pause();
    clearTimeout(this.telling_);
    this.tell({ phase: 'unheard', detail: problem.detail });
  }

  private pause(): void {
    clearTimeout(this.next_);
    this.next_ = undefined;
  }
}

/** The hub's own no, rather than one of a proxy without its hub, or a wish to come later. */
function isRefusal({ status }: Problem): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}
