import { request } from '../net/http.ts';
import type { Device, Link } from '../protocol.ts';
import type { ForeignEnrolment } from '../protocol_media.ts';
import type {
  Certificate,
  Certificates,
  Connection,
  Enrolment,
  IssuedCertificate,
  Plugin,
} from '../protocol_people.ts';
import { withConfirmation } from './confirm.ts';
import { Resource } from './resource.ts';

const path = '/api/v1/devices';

export interface DeviceType {
  type: string;
  /** The plugin that drives it, such as "Laser turret". */
  plugin: string;
}

/** Types that can be enrolled: those of the installed plugins, each once, by name. */
export function deviceTypes(plugins: readonly Plugin[]): DeviceType[] {
  const byType = new Map<string, DeviceType>();
  for (const plugin of plugins) {
    for (const type of plugin.types) byType.set(type, { type, plugin: plugin.title || plugin.id });
  }
  return [...byType.values()].sort((a, b) => a.type.localeCompare(b.type));
}

/** An id for a device called `name`: "Lab turret #2" gives "lab-turret-2"; with a number when it is taken. */
export function suggestId(name: string, taken: (id: string) => boolean): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '-')
    .replace(/^[-_]+|-+$/g, '')
    .slice(0, 60);
  if (plain === '' || !taken(plain)) return plain;
  for (let number = 2; ; number += 1) if (!taken(`${plain}-${number}`)) return `${plain}-${number}`;
}

export async function listTypes(): Promise<DeviceType[]> {
  return deviceTypes((await request<{ plugins: Plugin[] }>('GET', '/api/v1/plugins')).plugins);
}

/** @throws Problem; `pointer` names the field. */
export function enrol(id: string, type: string, name: string): Promise<Enrolment> {
  return withConfirmation(() => request<Enrolment>('POST', path, { id, type, ...(name && { name }) }));
}

/** The same for a device that runs an old program instead of our agent. @throws Problem */
export function enrolForeign(id: string, type: string, name: string, link: Link): Promise<ForeignEnrolment> {
  return withConfirmation(() => request<ForeignEnrolment>('POST', path, { id, type, link, ...(name && { name }) }));
}

/** What an administrator does with one device. Its own state comes over the live socket. */
export class OneDevice {
  readonly connections: Resource<Connection[]>;
  readonly certificates: Resource<Certificates>;
  private readonly path_: string;

  constructor(readonly id: string) {
    this.path_ = `${path}/${encodeURIComponent(id)}`;
    this.connections = new Resource(
      async () => (await request<{ connections: Connection[] }>('GET', `${this.path_}/connections`)).connections,
    );
    this.certificates = new Resource(() => request<Certificates>('GET', '/api/v1/certificates'));
  }

  change(part: { name?: string; labels?: string[]; room?: string }): Promise<Device> {
    return withConfirmation(() => request<Device>('PATCH', this.path_, part));
  }

  newClaimCode(): Promise<Enrolment> {
    return withConfirmation(() => request<Enrolment>('POST', `${this.path_}/claim-code`, {}));
  }

  revoke(): Promise<void> {
    return withConfirmation(() => request('DELETE', this.path_));
  }

  /** Those of this device, newest first. */
  mine(): Certificate[] {
    const all = this.certificates.value?.devices ?? [];
    return all.filter(({ device }) => device === this.id).sort((a, b) => b.issued_at_ms - a.issued_at_ms);
  }

  async issue(days: number): Promise<IssuedCertificate> {
    const issued = await withConfirmation(() =>
      request<IssuedCertificate>('POST', '/api/v1/certificates', { device: this.id, days }, 30000),
    );
    void this.certificates.load();
    return issued;
  }

  async revokeCertificate(fingerprint: string): Promise<void> {
    await withConfirmation(() => request('DELETE', `/api/v1/certificates/${encodeURIComponent(fingerprint)}`));
    await this.certificates.load();
  }
}

/** Labels as typed ("arm, lab arm"): trimmed, each once, in order. */
export function parseLabels(text: string): string[] {
  return [...new Set(text.split(',').map((label) => label.trim()))].filter(Boolean);
}

/** Every label and every room in use, for pickers. */
export function placesOf(devices: Iterable<Device>): { ids: string[]; labels: string[]; rooms: string[] } {
  const all = [...devices];
  const sorted = (list: string[]): string[] => [...new Set(list)].filter(Boolean).sort((a, b) => a.localeCompare(b));
  return {
    ids: sorted(all.map(({ id }) => id)),
    labels: sorted(all.flatMap(({ labels }) => labels ?? [])),
    rooms: sorted(all.map(({ room }) => room ?? '')),
  };
}
