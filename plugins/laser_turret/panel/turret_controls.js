import { CalibrationWizard } from './calibration_wizard.js';
import { make, set, setText } from './dom.js';
import { ignoreHeldKeys } from './held_keys.js';
import { NudgePad } from './nudge_pad.js';
import { controlsSheet } from './styles.js';
import { turretOf } from './turret.js';

/** Beside the picture: the laser's switch, centring, nudging, and the way into the calibration. */
export class TurretControls extends HTMLElement {
  connectedCallback() {
    if (!this.shadowRoot) this.build_();
    this.release_ = this.turret_.follow(() => this.draw_());
    this.draw_();
  }

  disconnectedCallback() {
    this.release_?.();
  }

  build_() {
    this.turret_ = turretOf(this.api);
    const turret = this.turret_;
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [controlsSheet];
    ignoreHeldKeys(root, () => turret.mine);
    this.laser_ = make('button', {
      type: 'button',
      class: 'switch',
      role: 'switch',
      'aria-labelledby': 'laser',
      onclick: () => this.act_(() => turret.run('laser', { on: !turret.pointing?.laser })),
    });
    this.centre_ = make(
      'button',
      {
        type: 'button',
        onclick: () => this.act_(() => turret.run('centre', {}, 'The turret looks straight ahead.')),
      },
      'Centre',
    );
    this.calibrate_ = make('button', { type: 'button', onclick: () => this.act_(() => this.begin_()) }, 'Calibrate…');
    this.state_ = make('p', { class: 'hint' });
    this.fixed_ = make('p', { class: 'hint', id: 'fixed' });
    this.why_ = make('p', { class: 'hint' });
    this.notice_ = make('p', { class: 'notice', role: 'status' });
    this.pad_ = new NudgePad(turret, (act) => this.act_(act));
    this.lit_ = make('div', { class: 'row' }, make('span', { id: 'laser', class: 'label' }, 'Laser'), this.laser_);
    this.few_ = make('p', { class: 'hint' }, 'Over its link this turret can only be aimed.');
    this.everyday_ = make(
      'div',
      { class: 'group' },
      this.few_,
      this.lit_,
      this.pad_.element,
      make('div', { class: 'row' }, this.centre_, this.calibrate_),
      this.state_,
      this.fixed_,
    );
    this.wizard_ = new CalibrationWizard(turret, (act) => this.act_(act));
    root.append(this.why_, this.everyday_, this.wizard_.element, this.notice_);
  }

  draw_() {
    const { mine, pointing, calibration, draft, notice, why } = this.turret_;
    set(this.laser_, 'aria-checked', pointing?.laser ? 'true' : 'false');
    for (const button of [this.laser_, this.centre_]) set(button, 'aria-disabled', mine ? 'false' : 'true');
    const fixed = this.turret_.whyNoCalibration;
    set(this.calibrate_, 'aria-disabled', mine && !fixed ? 'false' : 'true');
    this.lit_.hidden = !this.turret_.can('laser');
    this.pad_.element.hidden = !this.turret_.can('nudge');
    this.centre_.hidden = !this.turret_.can('centre');
    this.calibrate_.hidden = !this.turret_.can('calibrate');
    this.few_.hidden = ['laser', 'nudge', 'centre', 'calibrate'].some((name) => this.turret_.can(name));
    set(this.calibrate_, 'aria-describedby', fixed ? 'fixed' : null);
    setText(this.fixed_, fixed);
    this.fixed_.hidden = !fixed;
    setText(this.why_, mine ? '' : why.replace('to aim', 'to use these'));
    this.why_.hidden = mine;
    setText(this.state_, calibrationText(calibration));
    setText(this.notice_, notice?.text ?? '');
    set(this.notice_, 'class', `notice ${notice?.tone ?? ''}`);
    this.notice_.hidden = !notice;
    this.everyday_.hidden = draft.open;
    this.pad_.draw();
    this.wizard_.draw();
  }

  begin_() {
    // The reason stands below the button.
    if (this.turret_.whyNoCalibration) return;
    // Its points are those of a picture.
    if (!this.turret_.pictured) return this.turret_.tell('info', this.turret_.whyNoAim);
    this.turret_.draft.begin(this.turret_.picture, this.turret_.calibration?.pairs);
    this.turret_.change();
    this.wizard_.focus();
  }

  /** Does it on one's turn, else says why not. */
  act_(act) {
    if (this.turret_.mine) void act();
    else this.turret_.tell('info', this.turret_.why);
  }
}

function calibrationText(calibration) {
  if (!calibration) return '';
  if (!calibration.calibrated) return 'Not calibrated yet: the turret cannot aim at points of the picture.';
  const residual = calibration.residual_counts;
  return `Calibrated${typeof residual === 'number' ? `, residual ${residual.toFixed(2)} counts` : ''}.`;
}
