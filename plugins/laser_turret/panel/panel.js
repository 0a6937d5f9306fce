// The turret's two panels: the overlay that aims, and the controls beside the picture. Each element is given one
// property, `api` (docs/PLUGINS.md), before it is put on the page, and uses nothing else of the page.
import { AimOverlay } from './aim_overlay.js';
import { TurretControls } from './turret_controls.js';

define('rh-laser-turret-aim', AimOverlay);
define('rh-laser-turret-controls', TurretControls);

/** @param {string} name @param {CustomElementConstructor} element */
function define(name, element) {
  if (!customElements.get(name)) customElements.define(name, element);
}
