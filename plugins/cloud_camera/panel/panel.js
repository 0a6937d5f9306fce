// The camera's panel beside its picture: watching over the place, capturing, alarms. It is given one property, `api`
// (docs/PLUGINS.md), before it is put on the page, and uses nothing else of the page. The picture and the gallery are the
// page's own.
import { CameraControls } from './camera_controls.js';

if (!customElements.get('rh-cloud-camera')) customElements.define('rh-cloud-camera', CameraControls);
