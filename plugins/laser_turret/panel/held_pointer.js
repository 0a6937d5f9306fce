/**
 * The one pointer that holds the picture: it was pressed with its main button, which is still down. A menu of the
 * browser takes a pointer away without telling of its end, so each of its moves is asked whether the button is down.
 */
export class HeldPointer {
  constructor() {
    /** @type {number | undefined} */
    this.id_ = undefined;
  }

  get held() {
    return this.id_ !== undefined;
  }

  /**
   * Whether this pointer holds from now on. A second finger does not, nor a click with Ctrl, which opens a menu on macOS.
   * @param {{pointerId: number, button: number, ctrlKey: boolean}} event
   */
  press({ pointerId, button, ctrlKey }) {
    if (button !== 0 || ctrlKey || (this.held && pointerId !== this.id_)) return false;
    this.id_ = pointerId;
    return true;
  }

  /**
   * Whether this move drags.
   * @param {{pointerId: number, buttons: number}} event
   */
  drags({ pointerId, buttons }) {
    if (!this.held || pointerId !== this.id_) return false;
    if ((buttons & 1) === 0) this.letGo();
    return this.held;
  }

  /** @param {{pointerId: number}} event */
  lift({ pointerId }) {
    if (pointerId === this.id_) this.letGo();
  }

  letGo() {
    this.id_ = undefined;
  }
}
