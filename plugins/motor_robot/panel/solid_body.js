/** Pixels of the picture; the page scales it. */
const width_px = 480;
const height_px = 300;

/** The body in three dimensions. three.js is large, so it comes only when somebody sees this. */
export class SolidBody {
  /**
   * Rejects where the browser has no WebGL or the library does not come.
   * @param {() => void} lost called when the graphics are taken away
   */
  static async make(lost) {
    return new SolidBody(await import('/vendor/three.js'), lost);
  }

  constructor(THREE, lost) {
    this.renderer_ = new THREE.WebGLRenderer({ antialias: true, alpha: true, powerPreference: 'low-power' });
    this.renderer_.setSize(width_px, height_px, false);
    this.element = this.renderer_.domElement;
    this.element.className = 'solid';
    this.element.addEventListener('webglcontextlost', lost);
    this.lost_ = lost;
    this.scene_ = new THREE.Scene();
    this.camera_ = new THREE.PerspectiveCamera(32, width_px / height_px, 0.1, 20);
    this.camera_.position.set(1.5, 1.25, 2.6);
    this.camera_.lookAt(0, -0.05, 0);
    const sun = new THREE.DirectionalLight(0xffffff, 2.4);
    sun.position.set(-1.5, 3, 2);
    this.scene_.add(new THREE.HemisphereLight(0xffffff, 0x8894a8, 1.6), sun);
    this.body_ = rover(THREE);
    const grid = new THREE.GridHelper(3, 12, 0x7d8796, 0x7d8796);
    grid.position.y = -0.34;
    grid.material.transparent = true;
    grid.material.opacity = 0.4;
    this.scene_.add(this.body_, grid);
  }

  /** @param {{pitch_deg: number, roll_deg: number}} lean */
  draw({ pitch_deg, roll_deg }) {
    // Forwards is away from the camera (-z): nose up turns about x, right side down about the way ahead.
    this.body_.rotation.set((pitch_deg * Math.PI) / 180, 0, (-roll_deg * Math.PI) / 180, 'XZY');
    this.renderer_.render(this.scene_, this.camera_);
  }

  end() {
    this.element.removeEventListener('webglcontextlost', this.lost_);
    this.scene_.traverse((part) => {
      part.geometry?.dispose();
      part.material?.dispose();
    });
    this.renderer_.dispose();
    this.renderer_.forceContextLoss();
  }
}

function rover(THREE) {
  const body = new THREE.Group();
  const add = (geometry, colour, x, y, z) => {
    const part = new THREE.Mesh(geometry, new THREE.MeshStandardMaterial({ color: colour, roughness: 0.6 }));
    part.position.set(x, y, z);
    body.add(part);
    return part;
  };
  add(new THREE.BoxGeometry(0.66, 0.2, 1.1), 0xd94f2b, 0, 0.02, 0);
  add(new THREE.BoxGeometry(0.46, 0.1, 0.55), 0x8b939e, 0, 0.17, 0.12);
  add(new THREE.BoxGeometry(0.5, 0.02, 0.16), 0xf4f4f0, 0, 0.125, -0.42);
  add(new THREE.SphereGeometry(0.045, 16, 12), 0x6ad24a, 0, 0.25, 0.12);
  for (const x of [-0.42, 0.42])
    for (const z of [-0.34, 0.34]) {
      const wheel = add(new THREE.CylinderGeometry(0.2, 0.2, 0.16, 28), 0x23262b, x, -0.12, z);
      wheel.rotation.z = Math.PI / 2;
      const hub = add(new THREE.CylinderGeometry(0.08, 0.08, 0.17, 16), 0xa9b0ba, x, -0.12, z);
      hub.rotation.z = Math.PI / 2;
    }
  return body;
}
