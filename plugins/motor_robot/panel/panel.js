// The robot's two panels: the joystick with the switches, and the body that leans as the robot does. Each element is
// given one property, `api` (docs/PLUGINS.md), before it is put on the page, and uses nothing else of the page.
import { RobotBody } from './body.js';
import { RobotDrive } from './drive.js';

define('rh-motor-robot-drive', RobotDrive);
define('rh-motor-robot-body', RobotBody);

/** @param {string} name @param {CustomElementConstructor} element */
function define(name, element) {
  if (!customElements.get(name)) customElements.define(name, element);
}
