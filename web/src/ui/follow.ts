import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { Store } from '../state/store.ts';

/** Redraws its element whenever one of the stores changes, while the element is on the page. */
export class Follow implements ReactiveController {
  private readonly stores_: readonly Pick<Store<unknown>, 'subscribe'>[];
  private releases_: (() => void)[] = [];

  constructor(
    private readonly host: ReactiveControllerHost,
    ...stores: readonly Pick<Store<unknown>, 'subscribe'>[]
  ) {
    this.stores_ = stores;
    host.addController(this);
  }

  hostConnected(): void {
    this.releases_ = this.stores_.map((store) => store.subscribe(() => this.host.requestUpdate()));
  }

  hostDisconnected(): void {
    for (const release of this.releases_) release();
    this.releases_ = [];
  }
}

/** Redraws its element four times a second, for countdowns. */
export class Tick implements ReactiveController {
  private timer_: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly needed: () => boolean = () => true,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.timer_ = setInterval(() => {
      if (this.needed()) this.host.requestUpdate();
    }, 250);
  }

  hostDisconnected(): void {
    clearInterval(this.timer_);
  }
}
